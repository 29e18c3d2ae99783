#include "index/server/routes.h"

#include <string>
#include <vector>

#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "models/base/ascii.h"
#include "models/base/one_line.h"

namespace barker {
namespace {

constexpr Route kRoutes[] = {
    {"GET", "/", Lane::kImmediate, false, get_page},
    {"GET", "/page/{id}", Lane::kImmediate, false, get_page_file},
    {"GET", "/v1/page", Lane::kSearch, false, get_page_settings},
    {"GET", "/v1/suggest", Lane::kSearch, false, get_suggest},
    {"GET", "/v1/influence", Lane::kSearch, false, get_influence},
    {"GET", "/v1/search", Lane::kSearch, false, get_search},
    {"POST", "/v1/search", Lane::kSearch, false, post_search},
    {"POST", "/v1/rescore", Lane::kSearch, false, post_rescore},
    {"POST", "/v1/events", Lane::kSearch, false, post_events},
    {"GET", "/v1/users/{id}", Lane::kControl, true, get_user},
    {"DELETE", "/v1/users/{id}", Lane::kControl, true, delete_user},
    {"POST", "/v1/ads", Lane::kControl, true, post_ads},
    {"GET", "/v1/admin/weights", Lane::kControl, true, get_admin_weights},
    {"POST", "/v1/admin/weights/load", Lane::kControl, true, post_weights_load},
    {"POST", "/v1/admin/weights/rollback", Lane::kControl, true, post_weights_rollback},
    {"POST", "/v1/admin/weights/publish", Lane::kControl, true, post_weights_publish},
    {"POST", "/v1/admin/weights/promote", Lane::kControl, true, post_weights_promote},
    {"POST", "/v1/admin/canary", Lane::kControl, true, post_canary},
    {"POST", "/v1/admin/rules/reload", Lane::kControl, true, post_rules_reload},
    {"POST", "/v1/admin/catalogue/reload", Lane::kControl, true, post_catalogue_reload},
    {"GET", "/v1/admin/status", Lane::kControl, true, get_admin_status},
    {"GET", "/healthz", Lane::kImmediate, false, get_healthz},
    {"GET", "/readyz", Lane::kImmediate, false, get_readyz},
    {"GET", "/metrics", Lane::kImmediate, false, get_metrics},
    {"GET", "/openapi.json", Lane::kImmediate, false, get_openapi},
};

bool leads_to(const std::vector<std::string>& segments, std::string_view path) {
  if (segments.empty()) return path == "/";
  for (const std::string& segment : segments) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    const std::string_view wanted = path.substr(0, path.find('/'));
    if (wanted == "{id}" ? segment.empty() : wanted != segment) return false;
    path.remove_prefix(wanted.size());
  }
  return path.empty();
}

const Route* find(const HttpRequest& request, std::string& methods) {
  const bool is_head = request.method == "HEAD";
  for (const Route& route : kRoutes) {
    if (!leads_to(request.target.segments, route.path)) continue;
    if (std::string_view(route.method) == (is_head ? std::string("GET") : request.method))
      return &route;
    methods += (methods.empty() ? "" : ", ") + std::string(route.method);
    if (std::string_view(route.method) == "GET") methods += ", HEAD";
  }
  return nullptr;
}

}  // namespace

std::optional<HttpResponse> refuse_unless_administrator(const HttpRequest& request,
                                                        Service& service) {
  const std::optional<bool> is_administrator = service.is_administrator(request.authorization);
  if (!is_administrator) {
    return problem(ProblemKind::kAdminOff,
                   "This call needs an administrator's token, and the server was started without "
                   "one (server.admin_token_file).");
  }
  if (*is_administrator) return std::nullopt;
  return problem(ProblemKind::kUnauthorized,
                 request.authorization.empty()
                     ? "Expected the header \"Authorization: Bearer TOKEN\"."
                     : "The token is not the administrator's.");
}

namespace {

// A body in an encoding that nothing here decodes.
std::optional<HttpResponse> refuse_encoded_body(const HttpRequest& request) {
  const std::string& encoding = request.content_encoding;
  if (encoding.empty() || ascii_lower_case(encoding) == "identity") return std::nullopt;
  return problem(
      ProblemKind::kUnsupportedMediaType,
      "Expected a body without the header \"Content-Encoding\", found " + one_line(encoding) + ".",
      "Content-Encoding");
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Lane lane_of(const HttpRequest& request) {
  std::string methods;
  const Route* route = find(request, methods);
  return route ? route->lane : Lane::kImmediate;
}

const char* route_of(const HttpRequest& request) {
  for (const Route& route : kRoutes) {
    if (leads_to(request.target.segments, route.path)) return route.path;
  }
  return "";
}

const char* search_route_of(std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const Route& route : kRoutes) {
    if (route.lane == Lane::kSearch && method == route.method && path == route.path) {
      return route.path;
    }
  }
  return "";
}

HttpResponse answer(const HttpRequest& request, Service& service) {
  std::string methods;
  const Route* const route = find(request, methods);
  HttpResponse response;
  if (route) {
    std::optional<HttpResponse> refusal;
    if (route->is_for_administrators) refusal = refuse_unless_administrator(request, service);
    if (!refusal) refusal = refuse_encoded_body(request);
    response = refusal ? *std::move(refusal) : route->answer(request, service);
  } else if (!methods.empty()) {
    response = problem(ProblemKind::kMethodNotAllowed, "This path takes " + methods + ".");
    response.headers.emplace_back("Allow", methods);
  } else {
    response = problem(ProblemKind::kNotFound, "No route has this path; /openapi.json lists them.");
  }
  response.route = route_of(request);
  return response;
}

}  // namespace barker

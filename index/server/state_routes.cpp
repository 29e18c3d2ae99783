// What monitors and clients ask of the server itself: /healthz, /readyz, /metrics, /openapi.json.
#include "index/server/fields.h"
#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "index/server/routes.h"

namespace barker {

HttpResponse get_healthz(const HttpRequest& request, Service&) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  HttpResponse response;
  response.body = "{\"status\":\"healthy\"}\n";
  return response;
}

HttpResponse get_readyz(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  if (!service.is_ready()) {
    return problem(ProblemKind::kNotReady,
                   "The server answers what comes for a while and then stops.");
  }
  HttpResponse response;
  response.body = "{\"status\":\"ready\"}\n";
  return response;
}

HttpResponse get_metrics(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  Result<std::string> text = service.metrics();
  if (!text.ok()) return problem(text.status());
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = *std::move(text);
  return response;
}

HttpResponse get_openapi(const HttpRequest& request, Service&) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  HttpResponse response;
  response.body = openapi_text();
  return response;
}

}  // namespace barker

// The page that people look at, as files, and what the page asks besides searches.
#include <algorithm>
#include <cmath>

#include "index/server/fields.h"
#include "index/server/page_files.h"
#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "plugin/barker.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostSuggested = 20;
constexpr size_t kMostPoints = 32;         // selling points that are explained at once
constexpr size_t kMostTokensShown = 5;     // that moved one
constexpr size_t kMostKeywordsShown = 24;  // of a history

// The page runs scripts and styles of this server alone and sends nothing elsewhere.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Whether the client takes gzip, as RFC 9110 says, but for "*", which no browser sends.
bool takes_gzip(std::string_view accepted) {
  while (!accepted.empty()) {
    const size_t end = std::min(accepted.find(','), accepted.size());
    std::string_view coding = accepted.substr(0, end);
    accepted.remove_prefix(std::min(end + 1, accepted.size()));
    coding.remove_prefix(std::min(coding.find_first_not_of(" \t"), coding.size()));
    if (!coding.starts_with("gzip")) continue;
    std::string weight;
    for (const char c : coding.substr(4)) {
      if (c != ' ' && c != '\t') weight += c;
    }
    return weight.empty() ||
           (weight.starts_with(";q=") && weight.find_first_not_of("0.", 3) != std::string::npos);
  }
  return false;
}

HttpResponse file_response(const HttpRequest& request, const PageFile& file) {
  HttpResponse response;
  response.content_type = file.content_type;
  response.cache_control = "no-cache";  // it is kept, and asked for again by its ETag
  const bool gzip = takes_gzip(request.accept_encoding);
  const std::string etag = "\"" + std::string(file.hash) + (gzip ? "-gzip\"" : "\"");
  response.headers = {{"ETag", etag},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", kPolicy},
                      {"Referrer-Policy", "no-referrer"}};
  if (request.if_none_match.find(etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::string(gzip ? file.gzipped : file.plain);
  return response;
}

HttpResponse json_response(const Json& json) {
  HttpResponse response;
  response.body = json_line(json) + "\n";
  return response;
}

// JSON has no number that is none.
Json number_or_null(double value) { return std::isnan(value) ? Json() : Json(value); }

Json distinct(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    if (list.size() == kMostKeywordsShown) break;
    if (std::ranges::find(list, Json(text)) == list.end()) list.push_back(text);
  }
  return list;
}

}  // namespace

// The parameters are the page's: a search that a link leads to, or what another site adds to links.
HttpResponse get_page(const HttpRequest& request, Service&) {
  return file_response(request, *find_page_file("index.html"));
}

HttpResponse get_page_file(const HttpRequest& request, Service&) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const PageFile* const file = find_page_file(request.target.segments.back());
  if (!file) return problem(ProblemKind::kNotFound, "The page has no file of this name.");
  return file_response(request, *file);
}

HttpResponse get_page_settings(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const PageSettings& settings = service.page_settings();
  Json users = Json::array();
  for (const std::string& id : settings.users) {
    users.push_back({{"user", id}, {"keywords", distinct(service.history_of(id))}});
  }
  return json_response({{"users", std::move(users)},
                        {"deadline_ms", settings.deadline.count()},
                        {"has_administrator", settings.has_administrator}});
}

HttpResponse get_suggest(const HttpRequest& request, Service& service) {
  Parameters parameters(request.target);
  parameters.require("q");
  const std::string typed = parameters.text("q").value_or("");
  const size_t count = parameters.whole("k", 1, kMostSuggested).value_or(8);
  if (const auto fault = parameters.finish()) return problem(*fault);
  Json json = Json::object();
  json["suggestions"] = service.suggest(typed, count);
  return json_response(json);
}

// The history of a user whom the page offers is no secret; that of others is.
HttpResponse get_influence(const HttpRequest& request, Service& service) {
  Parameters parameters(request.target);
  for (const char* name : {"q", "user", "selling_points"}) parameters.require(name);
  const std::string query = parameters.text("q").value_or("");
  const std::string user = parameters.text("user").value_or("");
  const std::vector<std::string> points =
      split_list(parameters.text("selling_points").value_or(""));
  if (const auto fault = parameters.finish()) return problem(*fault);
  if (points.size() > kMostPoints) {
    return problem(ProblemKind::kBadValue, "There are more than 32 selling points.",
                   "selling_points");
  }
  const std::vector<std::string>& offered = service.page_settings().users;
  if (std::ranges::find(offered, user) == offered.end()) {
    if (auto refusal = refuse_unless_administrator(request, service)) return *std::move(refusal);
  }
  const Result<std::vector<PointInfluence>> influences = service.influence(query, user, points);
  if (!influences.ok()) return problem(influences.status());
  Json list = Json::array();
  for (const PointInfluence& point : *influences) {
    Json tokens = Json::array();
    for (const TokenInfluence& token : point.tokens) {
      if (tokens.size() == kMostTokensShown) break;
      tokens.push_back({{"token", token.token}, {"without", token.without}});
    }
    list.push_back({{"text", point.text},
                    {"score", number_or_null(point.score)},
                    {"moved_by", std::move(tokens)}});
  }
  return json_response({{"query", query}, {"user", user}, {"selling_points", std::move(list)}});
}

}  // namespace barker

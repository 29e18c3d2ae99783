// The page in a browser, and what it asks beyond what every client asks: suggestions, why a selling
// point was chosen, the serving model.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "index/server/fields.h"
#include "index/server/page/page_files.h"
#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "models/text/fingerprint.h"
#include "plugin/barker.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMostSuggestions = 20;
constexpr uint64_t kMostPoints = 100;
constexpr uint64_t kMostInfluences = 20;

struct Served {
  std::string_view content;
  std::string compressed, tag;
  const char* type;
};

const char* type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16, kMemory = 8;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return is_done ? out : std::string();
}

// By name, compressed once a process.
const std::map<std::string, Served, std::less<>>& served_files() {
  static const auto files = [] {
    std::map<std::string, Served, std::less<>> made;
    for (const PageFile& file : page_files()) {
      char tag[24];
      std::snprintf(tag, sizeof tag, "\"%016llx\"",
                    static_cast<unsigned long long>(fingerprint(file.content)));
      made[std::string(file.name)] = {file.content, gzipped(file.content), tag, type_of(file.name)};
    }
    return made;
  }();
  return files;
}

// Whose history an answer may tell of: that of the request itself, of a user whom the page offers, and
// to an administrator that of everybody.
bool may_tell_history(const HttpRequest& request, const AttractionCall& call, Service& service) {
  if (call.asker.user.empty() || call.asker.keywords) return true;
  const std::vector<std::string> users = service.page_settings().users;
  return std::ranges::find(users, call.asker.user) != users.end() ||
         service.is_administrator(request.authorization).value_or(false);
}

Json attraction_json(const std::vector<PointAttraction>& points) {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  Json list = Json::array();
  for (const PointAttraction& point : points) {
    Json influences = Json::array();
    for (const Influence& influence : point.influences) {
      influences.push_back({{"keyword", influence.keyword}, {"change", influence.change}});
    }
    list.push_back({{"text", point.text},
                    {"attraction", number(point.probability)},
                    {"influences", std::move(influences)}});
  }
  return {{"points", std::move(list)}};
}

}  // namespace

HttpResponse get_page(const HttpRequest& request, Service&) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const std::vector<std::string>& path = request.target.segments;
  const auto found = served_files().find(path.empty() ? "index.html" : path.back());
  if (found == served_files().end()) {
    return problem(ProblemKind::kNotFound, "The page has no such file.");
  }
  const Served& file = found->second;
  HttpResponse response;
  response.content_type = file.type;
  // The files change with the program, whose tags then differ.
  response.headers = {{"ETag", file.tag},
                      {"Cache-Control", "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                       "data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'"}};
  if (request.if_none_match == file.tag) {
    response.status = 304;
    return response;
  }
  if (request.accept_encoding.find("gzip") != std::string::npos && !file.compressed.empty()) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.compressed;
  } else {
    response.body = file.content;
  }
  return response;
}

HttpResponse get_page_settings(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const PageSettings settings = service.page_settings();
  HttpResponse response;
  response.body = json_line({{"users", settings.users},
                             {"deadline_ms", settings.deadline_ms},
                             {"has_token", settings.has_token}}) +
                  "\n";
  return response;
}

HttpResponse get_suggest(const HttpRequest& request, Service& service) {
  Parameters parameters(request.target);
  parameters.require("q");
  const std::string text = parameters.text("q").value_or("");
  constexpr uint64_t kUsual = 8;
  const uint64_t count = parameters.whole("k", 1, kMostSuggestions).value_or(kUsual);
  if (const auto fault = parameters.finish()) return problem(*fault);
  HttpResponse response;
  response.body = json_line({{"suggestions", service.suggest(text, count)}}) + "\n";
  return response;
}

HttpResponse post_attraction(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = Parameters(request.target).finish();
  if (!fault) fault = parse_body(request.content_type, request.body, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  AttractionCall call;
  body.require("q");
  body.require("points");
  call.asker.query = body.text("q", BARKER_MAX_TEXT_SIZE).value_or("");
  call.asker.user = body.text("user", BARKER_MAX_TEXT_SIZE).value_or("");
  call.asker.keywords = body.texts("keywords", 1000, BARKER_MAX_TEXT_SIZE);
  call.points = body.texts("points", kMostPoints, BARKER_MAX_TEXT_SIZE).value_or(call.points);
  call.influences = body.whole("influences", 0, kMostInfluences).value_or(0);
  body.finish();
  if (fault) return problem(*fault);
  if (call.influences > 0 && !may_tell_history(request, call, service)) {
    return problem(ProblemKind::kUnauthorized,
                   "What moved a probability tells of a user's history, which is for "
                   "administrators; leave out influences.");
  }
  const Result<std::vector<PointAttraction>> points = service.attraction(call);
  if (!points.ok()) return problem(points.status());
  HttpResponse response;
  response.body = json_line(attraction_json(*points)) + "\n";
  response.user = call.asker.user;
  return response;
}

HttpResponse get_model(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const Result<std::string> model = service.model();
  if (!model.ok()) return problem(model.status());
  HttpResponse response;
  response.body = *model + "\n";
  return response;
}

}  // namespace barker

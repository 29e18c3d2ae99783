// GET and POST /v1/search, and POST /v1/rescore.
#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "index/engine/search_json.h"
#include "index/server/fields.h"
#include "index/server/problem.h"
#include "index/server/request_id.h"
#include "index/server/route_handlers.h"
#include "models/text/group_name.h"
#include "plugin/barker.h"

namespace barker {
namespace {

constexpr size_t kMostTokens = 1000;   // keywords, or tokens of a group
constexpr size_t kMostNarrowing = 16;  // by which a page is narrowed
constexpr uint64_t kMostMilliseconds = 60000;
constexpr size_t kLongestSurface = 256;  // bytes

// How many ads a page may have is bounded by what the plugin takes. For both kinds of reader.
template <typename Reader>
void read_page(Reader& reader, SearchCall& call) {
  call.count = reader.whole("k", 1, BARKER_MAX_ADS).value_or(call.count);
  call.from = reader.whole("from", 0, BARKER_MAX_ADS).value_or(0);
  call.is_preview = reader.flag("preview").value_or(false);
}

void read_groups(Fields& body, std::optional<Fault>& fault, Asker& asker) {
  const Fields::Json* const groups = body.object("groups");
  if (!groups) return;
  if (groups->size() > BARKER_MAX_GROUPS) {
    body.fail(ProblemKind::kBadValue,
              "There are more than " + std::to_string(BARKER_MAX_GROUPS) + " groups.", "groups");
    return;
  }
  Fields reader(*groups, "groups", fault);
  for (const auto& [name, tokens] : groups->items()) {
    if (!is_group_name(name)) {
      body.fail(ProblemKind::kBadValue, std::string("Expected ") + kGroupNameRule + ".",
                reader.path_of(name));
    }
    auto texts = reader.texts(name.c_str(), kMostTokens, BARKER_MAX_TEXT_SIZE);
    if (texts) asker.groups.emplace_back(name, *std::move(texts));
  }
}

Asker read_asker(Fields& body, std::optional<Fault>& fault, const HttpRequest& request) {
  Asker asker;
  body.require("q");
  asker.query = body.text("q", BARKER_MAX_TEXT_SIZE).value_or("");
  asker.user = body.user("user").value_or("");
  asker.keywords = body.texts("keywords", kMostTokens, BARKER_MAX_TEXT_SIZE);
  read_groups(body, fault, asker);
  asker.explain = body.flag("explain").value_or(false);
  asker.visitor = body.text("visitor", BARKER_MAX_TEXT_SIZE).value_or("");
  asker.surface = body.text("surface", kLongestSurface).value_or("");
  asker.received = request.received;
  if (const auto deadline = body.whole("deadline_ms", 1, kMostMilliseconds)) {
    asker.deadline = request.received + std::chrono::milliseconds(*deadline);
  }
  return asker;
}

// What waited for longer than its caller does is not worth the work any more.
bool is_too_late(const Asker& asker) {
  return asker.deadline != std::chrono::steady_clock::time_point() &&
         std::chrono::steady_clock::now() >= asker.deadline;
}

HttpResponse too_late() {
  return problem(ProblemKind::kDeadlinePassed,
                 "The request waited until its deadline_ms were over.", "deadline_ms");
}

HttpResponse page_response(const Result<SearchResult>& page, const JsonPart& part) {
  if (!page.ok()) return problem(page.status());
  HttpResponse response;
  response.body = search_json(*page, part) + "\n";
  response.request_id = part.request_id;
  response.user = page->user;
  return response;
}

HttpResponse answer_search(SearchCall& call, Service& service) {
  if (is_too_late(call.asker)) return too_late();
  if (!call.is_preview) call.request_id = new_request_id();
  return page_response(
      service.search(call),
      {.from = call.from, .count = call.count, .sfs = true, .request_id = call.request_id});
}

CallerAd read_ad(const Fields::Json& json, const std::string& where, std::optional<Fault>& fault) {
  Fields fields(json, where, fault);
  CallerAd ad;
  fields.require("id");
  fields.require("title");
  ad.id = fields.filled_text("id", BARKER_MAX_TEXT_SIZE);
  ad.title = fields.text("title", BARKER_MAX_TEXT_SIZE).value_or("");
  ad.bid = fields.number("bid", 0, BARKER_MAX_NUMBER).value_or(1);
  ad.first_pass_score = fields.number("first_pass_score", 0, BARKER_MAX_NUMBER).value_or(1);
  ad.merchant = fields.text("merchant", BARKER_MAX_TEXT_SIZE).value_or("");
  ad.category = fields.text("category", BARKER_MAX_TEXT_SIZE).value_or("");
  ad.opt_out = fields.flag("opt_out").value_or(false);
  auto points = fields.texts("selling_points", BARKER_MAX_AD_SELLING_POINTS, BARKER_MAX_TEXT_SIZE);
  if (points) ad.selling_points = *std::move(points);
  fields.finish();
  return ad;
}

// The ads of a call. A click names an ad by its id, so that no two may share one.
std::vector<CallerAd> read_ads(Fields& body, std::optional<Fault>& fault) {
  std::vector<CallerAd> ads;
  body.require("ads");
  const Fields::Json* const list = body.list("ads", BARKER_MAX_ADS);
  if (!list) return ads;
  ads.reserve(list->size());
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < list->size() && !fault; ++i) {
    const std::string where = "ads[" + std::to_string(i) + "]";
    ads.push_back(read_ad((*list)[i], where, fault));
    const auto [first, is_new] = places.emplace(ads.back().id, i);
    if (is_new || fault) continue;
    body.fail(ProblemKind::kBadValue,
              "Expected an id of its own; ads[" + std::to_string(first->second) + "] has it, too.",
              where + ".id");
  }
  return ads;
}

}  // namespace

HttpResponse get_search(const HttpRequest& request, Service& service) {
  Parameters parameters(request.target);
  SearchCall call;
  parameters.require("q");
  call.asker.received = request.received;
  call.asker.query = parameters.text("q").value_or("");
  call.asker.user = parameters.user("user").value_or("");
  read_page(parameters, call);
  call.asker.explain = parameters.flag("explain").value_or(false);
  call.asker.visitor = parameters.text("visitor").value_or("");
  call.asker.surface = parameters.text("surface", kLongestSurface).value_or("");
  call.bar = parameters.flag("sfs");
  call.features = split_list(parameters.text("features").value_or(""));
  if (call.features.size() > kMostNarrowing) {
    return problem(ProblemKind::kBadValue, "There are more than 16 features.", "features");
  }
  if (const auto fault = parameters.finish()) return problem(*fault);
  if (request.method != "HEAD") return answer_search(call, service);
  // The answer to HEAD is shown to nobody. An id in the body that is dropped keeps its length that
  // of the answer to GET.
  const bool has_id = !std::exchange(call.is_preview, true);
  if (has_id) call.request_id = new_request_id();
  HttpResponse response = answer_search(call, service);
  response.request_id.clear();
  return response;
}

HttpResponse post_search(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  SearchCall call;
  call.asker = read_asker(body, fault, request);
  read_page(body, call);
  auto features = body.texts("features", kMostNarrowing, BARKER_MAX_TEXT_SIZE);
  if (features) call.features = *std::move(features);
  for (size_t i = 0; i < call.features.size(); ++i) {
    if (!call.features[i].empty()) continue;
    body.fail(ProblemKind::kBadValue, "The text is empty.", "features[" + std::to_string(i) + "]");
  }
  call.bar = body.flag("sfs");
  body.finish();
  if (fault) return problem(*fault);
  return answer_search(call, service);
}

HttpResponse post_rescore(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  RescoreCall call;
  call.asker = read_asker(body, fault, request);
  call.ads = read_ads(body, fault);
  call.count = body.whole("shown", 1, BARKER_MAX_ADS).value_or(call.ads.size());
  call.is_preview = body.flag("preview").value_or(false);
  body.finish();
  if (fault) return problem(*fault);
  if (is_too_late(call.asker)) return too_late();
  if (!call.is_preview) call.request_id = new_request_id();
  return page_response(service.rescore(call), {.auction = false, .request_id = call.request_id});
}

}  // namespace barker

#include "index/engine/search_json.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

Json times_json(const StageTimes& t, bool auction) {
  Json json = Json::object();
  if (auction) json = {{"analyse", t.analyse}, {"first_pass", t.first_pass}, {"fetch", t.fetch}};
  json["rescore"] = t.rescore;
  json["map"] = t.map;
  json["score"] = t.score;
  json["choose"] = t.choose;
  json["rewrite"] = t.rewrite;
  if (auction) json["features"] = t.features;
  return json;
}

Json auction_json(const AuctionRecord& a) {
  return {{"bid_matches", a.bid_matches},
          {"title_matches", a.title_matches},
          {"denied", a.denied},
          {"out_of_budget", a.out_of_budget},
          {"below_reserve", a.below_reserve},
          {"without_features", a.without_features},
          {"reserve", a.reserve},
          {"cut", a.cut},
          {"is_cut", a.is_cut}};
}

Json sf_json(const FeatureShown& sf) {
  return {{"keyword", sf.keyword},
          {"position", sf.position},
          {"propensity", sf.propensity},
          {"attraction", std::isnan(sf.attraction) ? Json(nullptr) : Json(sf.attraction)},
          {"ads", sf.ads}};
}

Json ad_json(const AdShown& ad, bool auction) {
  Json points = Json::array();
  for (const SellingPointShown& p : ad.selling_points) {
    points.push_back({{"text", p.text}, {"score", p.score}, {"begin", p.begin}, {"end", p.end}});
  }
  Json json = {{"id", ad.id},
               {"rank", ad.rank},
               {"first_pass_rank", ad.first_pass_rank},
               {"score", ad.score},
               {"bid", ad.bid}};
  if (auction) {
    json["price"] = ad.price;
    json["match"] = ad.match;
    json["term"] = ad.term.empty() ? Json(nullptr) : Json(ad.term);
  }
  json["pctr"] = std::isnan(ad.pctr) ? Json(nullptr) : Json(ad.pctr);
  json["title"] = ad.title;
  json["original_title"] = ad.original_title;
  json["selling_points"] = std::move(points);
  return json;
}

}  // namespace

Json search_json(const SearchResult& result, const JsonPart& part) {
  Json json = {
      {"query", result.query},           {"user", result.user},
      {"status", result.status},         {"reason", result.reason},
      {"generation", result.generation}, {"timing_us", times_json(result.times, part.auction)}};
  if (part.auction) json["auction"] = auction_json(result.auction);
  Json& ads = json["ads"] = Json::array();
  const size_t first = std::min(part.from, result.ads.size());
  const size_t end = first + std::min(part.count, result.ads.size() - first);
  for (size_t i = first; i < end; ++i) ads.push_back(ad_json(result.ads[i], part.auction));
  if (part.sfs) {
    Json& sfs = json["sfs"] = Json::array();
    for (const FeatureShown& sf : result.features) sfs.push_back(sf_json(sf));
  }
  if (!result.explanation.empty()) json["explain"] = Json::parse(result.explanation);
  return json;
}

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace barker

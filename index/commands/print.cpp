#include "index/commands/print.h"

#include <cmath>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "models/text/text.h"

namespace barker {

void print_table(const SearchResult& result, size_t limit, std::ostream& out) {
  // The plugin cleans titles. All other texts could hold what a terminal obeys.
  out << "query \"" << visible(result.query) << "\"";
  if (!result.user.empty()) out << ", user " << visible(result.user);
  out << ": " << result.ads.size() << " ads, " << result.status;
  if (!result.reason.empty()) out << " (" << result.reason << ")";
  out << std::fixed << std::setprecision(0) << ", first pass " << result.times.first_pass
      << " us, rescore " << result.times.rescore << " us\n";
  if (result.ads.empty()) out << "  no ad bids on this\n";
  for (const AdShown& ad : result.ads) {
    if (ad.rank > limit) break;
    out << std::setw(3) << ad.rank << "  " << ad.title << "\n";
    out << "     was " << ad.first_pass_rank << ": " << visible(ad.original_title) << "\n";
    for (const SellingPointShown& point : ad.selling_points) {
      out << "     " << std::setprecision(3) << point.score << "  " << visible(point.text) << "\n";
    }
  }
  if (!result.explanation.empty()) {
    std::istringstream lines(nlohmann::ordered_json::parse(result.explanation).dump(2));
    for (std::string line; std::getline(lines, line);) out << visible(line) << "\n";
  }
}

void print_json(const SearchResult& result, size_t limit, std::ostream& out) {
  using Json = nlohmann::ordered_json;
  const StageTimes& t = result.times;
  Json json = {{"query", result.query},
               {"user", result.user},
               {"status", result.status},
               {"reason", result.reason},
               {"generation", result.generation},
               {"timing_us",
                {{"analyse", t.analyse},
                 {"first_pass", t.first_pass},
                 {"fetch", t.fetch},
                 {"rescore", t.rescore},
                 {"map", t.map},
                 {"score", t.score},
                 {"choose", t.choose},
                 {"rewrite", t.rewrite}}},
               {"ads", Json::array()}};
  for (const AdShown& ad : result.ads) {
    if (ad.rank > limit) break;
    Json points = Json::array();
    for (const SellingPointShown& p : ad.selling_points) {
      points.push_back({{"text", p.text}, {"score", p.score}, {"begin", p.begin}, {"end", p.end}});
    }
    json["ads"].push_back({{"id", ad.id},
                           {"rank", ad.rank},
                           {"first_pass_rank", ad.first_pass_rank},
                           {"score", ad.score},
                           {"bid", ad.bid},
                           {"match", ad.match},
                           {"term", ad.term.empty() ? Json(nullptr) : Json(ad.term)},
                           {"pctr", std::isnan(ad.pctr) ? Json(nullptr) : Json(ad.pctr)},
                           {"title", ad.title},
                           {"original_title", ad.original_title},
                           {"selling_points", std::move(points)}});
  }
  if (!result.explanation.empty()) json["explain"] = Json::parse(result.explanation);
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace barker

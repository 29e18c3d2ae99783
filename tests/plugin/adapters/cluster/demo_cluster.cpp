#include "tests/plugin/adapters/cluster/demo_cluster.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/models/base/temporary_path.h"

namespace barker {

using Json = nlohmann::json;

std::vector<SphinxAd> demo_catalogue(const std::string& command, size_t count) {
  const std::string directory = temporary_path("marketplace");
  std::filesystem::create_directories(directory);
  EXPECT_EQ(run_command({command, "generate", "marketplace", "--out", directory, "--ad-count",
                         std::to_string(count)},
                        directory + "/log"),
            0);
  std::vector<SphinxAd> ads;
  std::ifstream lines(directory + "/catalogue.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line);
    SphinxAd& ad = ads.emplace_back();
    ad.id = ads.size();
    ad.title = json["title"];
    for (const Json& point : json["selling_points"]) {
      ad.selling_points += (ad.selling_points.empty() ? "" : "|") + point.get<std::string>();
    }
    ad.bid = json["bid"].get<float>();
  }
  std::filesystem::remove_all(directory);
  return ads;
}

std::string demo_page(const std::string& query, const std::string& history, int window, int limit) {
  const std::string call = "(title, selling_points, " + quoted(query) + ", 'ben', bid, weight(), " +
                           quoted(history) + ")";
  return "SELECT * FROM (SELECT id, weight() w, barker_score" + call + " s, barker_answer" + call +
         " a FROM ads WHERE MATCH(" + quoted(query) + ") ORDER BY w DESC, id ASC LIMIT " +
         std::to_string(window) +
         " OPTION ranker=proximity, max_matches=" + std::to_string(window) +
         ") ORDER BY s DESC, id ASC LIMIT " + std::to_string(limit);
}

}  // namespace barker

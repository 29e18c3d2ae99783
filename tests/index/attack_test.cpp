// A hostile catalogue and hostile searchers, seen through the engine: titles, the printed table,
// JSON.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "index/engine.h"
#include "index/index_writer.h"
#include "index/print.h"
#include "tests/models/clean_text.h"
#include "tests/models/hostile_texts.h"
#include "tests/models/random_model.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

class Attack : public testing::Test {
 protected:
  Attack() {
    std::vector<CatalogueAd> ads;
    for (const std::string& hostile : hostile_texts()) {
      CatalogueAd ad;
      ad.id = std::to_string(ads.size()) + hostile;
      ad.title = hostile + " shoes " + hostile;
      ad.bid_terms = {"shoes", hostile};
      // The last is word1 to whoever folds it, and something else to whoever reads it.
      ad.selling_points = {hostile, "word2", "wo\u200Brd\u202E1"};
      ad.merchant = ad.category = hostile;
      ads.push_back(std::move(ad));
    }
    const Status written = write_index(std::move(ads), index_);
    EXPECT_TRUE(written.ok()) << written.message();
    EXPECT_TRUE(write_weight_file(random_model(1), weights_).ok());
  }
  ~Attack() override {
    fs::remove_all(index_);
    fs::remove(weights_);
  }

  std::unique_ptr<Engine> open(const std::string& config) {
    EngineOptions options;
    options.index = index_;
    options.watched.weights = weights_;
    options.plugin = BARKER_PLUGIN_PATH;
    options.config = config;
    auto engine = Engine::open(options);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return std::move(*engine);
  }
  static Profile hostile_user(const std::string& text) {
    Profile user;
    user.user = text;
    user.keywords = {text, "word5"};
    user.groups = {{"profile", {text}}, {text, {text}}};
    return user;
  }

  const std::string index_ = temporary_path("attack"), weights_ = temporary_path("attack.barker");
};

TEST_F(Attack, LeavesJsonWhole) {
  const auto engine = open("");
  size_t ads = 0;
  for (const std::string& hostile : hostile_texts()) {
    for (const std::string& query : {hostile, std::string("shoes")}) {
      const auto result = engine->search(query, hostile_user(hostile), /*explain=*/true);
      ASSERT_TRUE(result.ok()) << result.status().message();
      std::ostringstream out;
      print_json(*result, 1000, out);
      const std::string line = out.str();
      EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line";
      const auto json = nlohmann::json::parse(line, nullptr, false);
      ASSERT_FALSE(json.is_discarded()) << line;
      ASSERT_EQ(json["ads"].size(), result->ads.size());
      for (size_t i = 0; i < result->ads.size(); ++i, ++ads) {
        const std::string title = json["ads"][i]["title"];
        EXPECT_EQ(title, result->ads[i].title);
        const std::string bare = without(without(title, "<em>"), "</em>");
        EXPECT_EQ(what_is_unclean(bare), "") << title;
        EXPECT_EQ(what_is_markup(bare), "") << title;
      }
    }
  }
  EXPECT_GT(ads, 500u);
}

TEST_F(Attack, LeavesTheTerminalAlone) {
  const auto engine = open("[title]\nformat = 'ansi'\n");
  for (const std::string& hostile : hostile_texts()) {
    for (const std::string& query : {hostile, std::string("shoes")}) {
      const auto result = engine->search(query, hostile_user(hostile), /*explain=*/true);
      ASSERT_TRUE(result.ok());
      std::ostringstream out;
      print_table(*result, 1000, out);
      std::istringstream lines(without(without(out.str(), "\x1b[1;33m"), "\x1b[0m"));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_EQ(what_is_unclean(line), "") << line;
      }
    }
  }
}

}  // namespace
}  // namespace barker

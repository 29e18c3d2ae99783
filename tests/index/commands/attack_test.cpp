// A hostile catalogue and hostile searchers, seen through the engine: titles, the printed table,
// JSON.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "index/commands/print.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/index/commands/run_command.h"
#include "tests/models/text/clean_text.h"
#include "tests/models/text/hostile_texts.h"
#include "tests/models/weights/random_model.h"
#include "tests/repetitions.h"

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
      ad.bid_terms = {{"shoes"}, {hostile}};
      // The plugin folds the last one to "word1", while a reader sees something else.
      ad.selling_points = {hostile, "word2", "wo\u200Brd\u202E1"};
      ad.merchant = ad.category = hostile;
      ads.push_back(std::move(ad));
    }
    const Status written = write_index(ads, index_);
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
  EngineSession session(*engine);
  size_t ads = 0;
  for (const std::string& hostile : hostile_texts()) {
    for (const std::string& query : {hostile, std::string("shoes")}) {
      const auto result = session.search(query, hostile_user(hostile), {.explain = true});
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
  EngineSession session(*engine);
  for (const std::string& hostile : hostile_texts()) {
    for (const std::string& query : {hostile, std::string("shoes")}) {
      const auto result = session.search(query, hostile_user(hostile), {.explain = true});
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

// Expects that a command prints something, and only clean lines, on both streams.
void expect_clean(const std::string& arguments) {
  const std::string out = run(arguments + " 2>&1").out;
  EXPECT_NE(out, "") << arguments;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(what_is_unclean(line), "") << arguments << ": " << line;
  }
}

// A sanitized command takes long to start, so that a third of the texts must do, from `first` on.
std::vector<std::string> texts_for_commands(size_t first) {
  const std::vector<std::string> all = hostile_texts();
  std::vector<std::string> some;
  for (size_t i = kIsSanitized ? first : 0; i < all.size(); i += kIsSanitized ? 3 : 1)
    some.push_back(all[i]);
  return some;
}

TEST_F(Attack, InAWeightFileLeavesTheTerminalAlone) {
  ModelSpec model = random_model(1);
  for (const std::string& hostile : texts_for_commands(0)) {
    model.card.name = model.card.version = model.card.model = model.card.data_digest = hostile;
    model.card.notes = {{hostile, hostile}};
    model.card.metrics = {{hostile, 0.5, 0.4, 0.6}};
    ASSERT_TRUE(write_weight_file(model, weights_).ok());
    expect_clean("inspect " + weights_);
    const auto json = nlohmann::json::parse(run("inspect --json " + weights_).out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << hostile;
  }
}

TEST_F(Attack, InACheckLeavesTheTerminalAlone) {
  ModelSpec model = random_model(1);
  model.architecture.groups[0].name = "hist\x1b[2J\u202E";
  for (float& w : model.tensors["mlp.1.weight"]) w = 0;  // so that the golden vectors fail
  (void)write_weight_file(model, weights_);
  expect_clean("verify " + weights_);
  for (const char* command : {"inspect", "verify", "versions", "search shoes --index",
                              "admin /nowhere status", "sign --key x"}) {
    expect_clean(std::string(command) +
                 " '/nowhere/\x1b[2J\u202E\xC2\x9B"
                 "31m'");
  }
}

TEST_F(Attack, InACatalogueThatIsIndexedLeavesTheTerminalAlone) {
  const std::string catalogue = temporary_path("hostile.jsonl");
  std::ofstream out(catalogue);
  for (const std::string& hostile : hostile_texts()) {
    nlohmann::json ad = {{"id", hostile}, {"title", "memory foam shoe"}, {"category", hostile}};
    const auto line = [&] {
      return ad.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    };
    for (int i = 0; i < 30; ++i) {  // enough to be mined, and each id on two lines
      ad["id"] = hostile + std::to_string(i / 2);
      ad["title"] = i < 6 ? "Shoe, memory foam" : "Shoe";
      out << line();
    }
    ad["attributes"] = {{hostile, 1}};  // of a wrong type
    out << line() << hostile << "\n";
  }
  out.close();
  // The report shows only the first 20 bad lines, so each hostile text gets a catalogue of its own.
  expect_clean("mine --ads " + catalogue);
  expect_clean("index --ads " + catalogue + " --out " + index_);
  for (const std::string& hostile : texts_for_commands(1)) {
    std::ofstream(catalogue) << hostile << "\n{\"id\":\"a\",\"title\":\"" << hostile << "\n";
    expect_clean("index --ads " + catalogue + " --out " + index_);
  }
  fs::remove(catalogue);
}

}  // namespace
}  // namespace barker

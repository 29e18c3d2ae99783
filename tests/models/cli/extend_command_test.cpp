// A marketplace in which a tenth of the selling points was held out of all training: what `extend`
// makes of the weights, and what the plugin then shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "models/data/held_out_words.h"
#include "models/text/keywords.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "tests/models/cli/train_command.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr HeldOutWords kHeldOut{0, 5};

class ExtendCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = temporary_path("extend");
    const std::string market =
        "generate marketplace --ad-count 400 --user-count 150 "
        "--search-count 2500 --out " +
        directory_;
    ASSERT_EQ(run(market).code, 0);
    succeed("prepare --events " + file("events.jsonl") + " --hold-out-words 0/5 --out " +
            file("held.data"));
    succeed("train --data " + file("held.data") + " --out " + trained() +
            " --quiet --draws 10 --set model.name=MTDL --set model.dim=8 --set model.hidden=[16,8] "
            "--set train.max_epochs=2");
    said_ = succeed("extend " + trained() + " --ads " + catalogue() + " --out " + extended());
  }
  static void TearDownTestSuite() { fs::remove_all(directory_); }

  static std::string succeed(const std::string& line) {
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.code, 0) << outcome.out;
    return outcome.out;
  }
  static std::string file(const std::string& name) { return directory_ + "/" + name; }
  static std::string trained() { return file("held.barker"); }
  static std::string extended() { return file("next.barker"); }
  static std::string catalogue() { return file("catalogue.jsonl"); }

  static std::set<std::string> selling_points() {
    std::set<std::string> points;
    std::ifstream ads(catalogue());
    for (std::string line; std::getline(ads, line);) {
      const Json ad = Json::parse(line);
      for (const Json& point : ad["selling_points"]) {
        points.insert(normalize_keyword(point.get<std::string>()));
      }
    }
    return points;
  }
  static uint32_t row_in(const std::string& path, const std::string& word) {
    return WeightFile::open(path).value()->vocabulary().find(fingerprint(word));
  }

  static inline std::string directory_, said_;
};

// What the plugin shows before the titles of two ads, one with the selling point `known` and one
// with `held_out`, with its probabilities.
class ShownBy {
 public:
  ShownBy(const std::string& weights, const std::string& known, const std::string& held_out)
      : plugin_(make_plugin()), session_(api(), plugin_) {
    uint64_t generation = 0;
    char error[BARKER_ERROR_SIZE] = "";
    EXPECT_EQ(api().load_weights(plugin_, view(weights), &generation, error), BARKER_OK) << error;
    session_.start(known, "anna");
    session_.add_user_keyword(known);
    for (const std::string* point : {&known, &held_out}) {
      session_.add_ad().title = as_string(title_);
      session_.add_selling_point(*point);
    }
    const Status s = session_.rescore();
    EXPECT_TRUE(s.ok()) << s.message();
    for (size_t rank = 0; rank < session_.size(); ++rank) {
      const AnsweredAd ad = session_.answer(rank);
      for (const barker_chosen& chosen : ad.chosen) probability_[ad.index] = chosen.score;
    }
  }
  ~ShownBy() { api().destroy(plugin_); }
  ShownBy(const ShownBy&) = delete;
  ShownBy& operator=(const ShownBy&) = delete;

  double of_known() const { return probability_[0]; }     // -1: it is not shown
  double of_held_out() const { return probability_[1]; }  // -1: it is not shown

 private:
  const std::string title_ = "zzz";
  barker_plugin* const plugin_;
  Session session_;
  double probability_[2] = {-1, -1};
};

TEST_F(ExtendCommand, MakesThePluginShowASellingPointThatTrainingNeverSaw) {
  std::string known;
  std::vector<std::string> held_out;
  for (const std::string& point : selling_points()) {
    const bool was_seen = row_in(trained(), point) != kUnknownRow;
    EXPECT_FALSE(was_seen && kHeldOut.contains(point)) << point;
    if (was_seen) known = point;
    if (kHeldOut.contains(point) && row_in(extended(), point) != kUnknownRow) {
      held_out.push_back(point);
    }
  }
  ASSERT_GE(held_out.size(), 3u);
  for (const std::string& point : held_out) {
    const ShownBy before(trained(), known, point), after(extended(), known, point);
    EXPECT_EQ(before.of_held_out(), -1) << point;
    EXPECT_GT(before.of_known(), 0) << known;
    EXPECT_EQ(after.of_known(), before.of_known()) << known;
    EXPECT_GT(after.of_held_out(), before.of_known() / 20) << point;
    EXPECT_LT(after.of_held_out(), 0.9) << point;
  }
}

TEST_F(ExtendCommand, KeepsEveryPredictionForKnownWords) {
  succeed("evaluate " + trained() + " " + extended() + " --data " + file("held.data") +
          " --draws 10 --predictions " + file("p.csv"));
  std::vector<std::string> before, after;
  std::istringstream lines(bytes_of(file("p.csv")));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(trained() + ",")) before.push_back(line.substr(trained().size()));
    if (line.starts_with(extended() + ",")) after.push_back(line.substr(extended().size()));
  }
  EXPECT_GT(before.size(), 1000u);
  EXPECT_EQ(before, after);
}

TEST_F(ExtendCommand, SaysWhatItKnewAddedAndLeftOut) {
  EXPECT_THAT(said_, HasSubstr("400 ads\nknown "));
  EXPECT_THAT(said_, HasSubstr("\nadded "));
  EXPECT_THAT(said_, HasSubstr("they stand in fewer than 3 ads"));
  EXPECT_THAT(said_, HasSubstr("titles explain "));
  const ModelSpec before = read_model(*WeightFile::open(trained()).value());
  const ModelSpec after = read_model(*WeightFile::open(extended()).value());
  EXPECT_EQ(after.card.notes[after.card.notes.size() - 2],
            std::make_pair(std::string("extended from"), trained()));
  EXPECT_EQ(after.golden.size(), before.golden.size() + 4);
  EXPECT_EQ(after.golden[0].main_logits, before.golden[0].main_logits);
}

TEST_F(ExtendCommand, MakesAFileThatIsQuantizedAndExtendedAgainLikeAnyOther) {
  succeed("quantize " + extended() + " --data " + file("held.data") + " --out " +
          file("half.barker"));
  const Outcome rounded =
      run("extend " + file("half.barker") + " --ads " + catalogue() + " --out " + file("x.barker"));
  EXPECT_EQ(rounded.code, 64);
  EXPECT_THAT(rounded.out, HasSubstr("extend the file in fp32, and then `barker-train quantize`"));
  const std::string again =
      succeed("extend " + extended() + " --ads " + catalogue() + " --out " + file("y.barker"));
  EXPECT_THAT(again, HasSubstr("\nadded     0 words"));
  EXPECT_FALSE(fs::exists(file("x.barker")));
}

TEST_F(ExtendCommand, NamesWhatIsWrong) {
  const std::string to = " --out " + file("z.barker");
  std::ofstream(file("strange.jsonl")) << R"({"id": "1", "title": "nothing that was seen"})"
                                       << "\n";
  std::ofstream(file("table.csv")) << "id,title\n1,lamp\n";
  const struct {
    std::string line;
    int code;
    const char* says;
  } cases[] = {
      {trained() + to, 64, "--ads"},
      {trained() + " --ads " + file("table.csv") + to, 65, "table.csv"},
      {trained() + " --ads " + file("strange.jsonl") + to, 65, "and at least 30 are needed"},
      {catalogue() + " --ads " + catalogue() + to, 65, "catalogue.jsonl"},
      {trained() + " --ads " + catalogue() + " --out " + trained(), 64, "--out"},
      {trained() + " --ads " + catalogue() + " --rows some" + to, 64, "--rows"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run("extend " + c.line);
    EXPECT_EQ(outcome.code, c.code) << c.line << "\n" << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr(c.says)) << c.line;
  }
  EXPECT_FALSE(fs::exists(file("z.barker")));
}

TEST_F(ExtendCommand, IsJudgedByUnseenOnTheWordsThatWereHeldOut) {
  succeed("extend " + trained() + " --ads " + catalogue() + " --rows zero --out " +
          file("zero.barker"));
  const std::string judge =
      "unseen " + file("zero.barker") + " " + extended() + " --draws 10 --data ";
  const std::string log = file("events.jsonl") + " --hold-out-words ";
  EXPECT_THAT(succeed(judge + log + "0/5"), HasSubstr("over the first: unseen"));
  const Json report = Json::parse(succeed(judge + log + "0/5 --json"));
  const Json& model = report["models"][1];
  EXPECT_GT(report["unseen"]["instances"], 50);
  EXPECT_GT(model["unseen_auc"]["value"], 0.4);
  EXPECT_NEAR(model["unseen_mean"], model["seen_mean"], 0.15);
  EXPECT_THAT(run(judge + log + "0/5").out, Not(HasSubstr("may have seen")));
  EXPECT_THAT(run(judge + log + "1/5").out, HasSubstr("may have seen these words in training"));
  const Outcome held = run(judge + file("held.data") + " --hold-out-words 0/5");
  EXPECT_EQ(held.code, 65);
  EXPECT_THAT(held.out, HasSubstr("made without --hold-out-words"));
  EXPECT_EQ(run(judge + log + "5/5").code, 64);
  EXPECT_EQ(run("train --hold-out-words 0/5 --data x --out y").code, 64);
}

}  // namespace
}  // namespace barker

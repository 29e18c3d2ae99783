// train-titles and evaluate-titles on a world in which some words earn clicks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "tests/models/cli/train_command.h"
#include "tests/models/train/title_world.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class TitleCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = temporary_path("titles");
    std::filesystem::create_directories(directory_);
    std::ofstream table(tests());
    table << "test\twhen\timpressions\tclicks\ttitle\n";
    for (const TestedTitle& t : title_world(400, 3)) {
      table << t.test << '\t' << t.time << '\t' << t.impressions << '\t' << t.clicks << '\t'
            << t.title << '\n';
    }
    table.close();
    trained_ =
        run("train-titles" + input() + " --validation-from 240 --test-from 300 --created 1 --out " +
            weights() + " --set model.dim=16 --set model.hidden=[16] --set train.max_epochs=3");
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static std::string tests() { return directory_ + "/tests.tsv"; }
  static std::string weights() { return directory_ + "/titles.barker"; }
  static std::string input() { return " --tests " + tests() + " --time-column when"; }

  static inline std::string directory_;
  static inline Outcome trained_;
};

TEST_F(TitleCommand, WritesWeightsThatAreBetterThanChanceAndLengthOnLaterTests) {
  ASSERT_EQ(trained_.code, 0) << trained_.out;
  EXPECT_THAT(trained_.out, HasSubstr("training 720 pairs of 240 tests, validation 180 pairs"));
  const Outcome judged = run("evaluate-titles " + weights() + input() +
                             " --from 300 --validation-from 240 --json "
                             "--baseline linear,length,words");
  ASSERT_EQ(judged.code, 0) << judged.out;
  const Json models = Json::parse(judged.out)["models"];
  ASSERT_EQ(models.size(), 4u);
  EXPECT_GT(models[0]["significant"]["low"], .7);
  EXPECT_EQ(models[0]["all"]["tests"], 100);
  EXPECT_GT(models[1]["significant"]["value"], .7);   // linear
  EXPECT_LT(models[2]["significant"]["value"], .65);  // length
  EXPECT_LT(models[3]["over_first"]["significant"]["high"], 0);
}

TEST_F(TitleCommand, SaysInTheCardWhatTheWeightsLearnedFrom) {
  const auto file = WeightFile::open(weights());
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_TRUE((*file)->architecture().has_auxiliary());
  std::string notes;
  for (const auto* note : *(*file)->card().notes()) {
    notes += note->key()->str() + ": " + note->value()->str() + "\n";
  }
  EXPECT_THAT(notes, HasSubstr("trained on: 720 pairs of 240 tests"));
}

TEST_F(TitleCommand, RefusesFilesOfWhichMoreLinesThanMayCannotBeUsed) {
  const std::string path = directory_ + "/some-bad.tsv";
  std::string text = bytes_of(tests());
  const auto lines = std::ranges::count(text, '\n') - 1;
  for (int i = 0; i < lines / 9; ++i) text += "no\tlike\tthe others\n";
  std::ofstream(path) << text;
  const std::string with = " --time-column when --tests " + path;
  const std::string train =
      "train-titles --validation-from 240 --test-from 300 --quiet --set model.dim=8 "
      "--set model.hidden=[8] --set train.max_epochs=1 --out " +
      directory_ + "/some.barker" + with;
  for (const std::string& command : {train, "evaluate-titles " + weights() + with}) {
    const Outcome refused = run(command);
    EXPECT_EQ(refused.code, 65) << refused.out;
    EXPECT_THAT(refused.out, HasSubstr("lines cannot be used, at most 5.00% may "
                                       "(--max-bad-share); the first is line " +
                                       std::to_string(lines + 2) + ": expected 5 fields, found 3"));
    const Outcome taken = run(command + " --max-bad-share .2");
    EXPECT_EQ(taken.code, 0) << taken.out;
  }
}

TEST_F(TitleCommand, RefusesWhatItCannotUse) {
  const std::string train = "train-titles --validation-from 240 --out " + directory_ + "/no.barker";
  const Outcome column = run(train + " --tests " + tests());
  EXPECT_EQ(column.code, 65);
  EXPECT_THAT(column.out, HasSubstr("expected a column \"time\""));
  const Outcome range = run(train + input() + " --leave-out 5");
  EXPECT_EQ(range.code, 64);
  EXPECT_THAT(range.out, HasSubstr("expected two times as FROM..TO"));
  const Outcome later = run("evaluate-titles " + weights() + input() + " --from 1000");
  EXPECT_EQ(later.code, 65);
  EXPECT_THAT(later.out, HasSubstr("no pair of different titles"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/no.barker"));
}

}  // namespace
}  // namespace barker

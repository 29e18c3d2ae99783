// What barker-train gives to scripts: instances, predictions, epochs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST_F(TrainCommand, ShowsInstancesInWords) {
  const Outcome text = run("show --data " + data() + " --limit 30");
  ASSERT_EQ(text.code, 0) << text.out;
  EXPECT_THAT(text.out, HasSubstr("search 0  train  20"));
  EXPECT_THAT(text.out, HasSubstr("group profile  gender="));
  const size_t shown = static_cast<size_t>(std::ranges::count(text.out, '\n'));
  EXPECT_GT(shown, 30u);
  const Outcome lines = run("show --data " + log() + " --json --split test --limit 40");
  ASSERT_EQ(lines.code, 0) << lines.out;
  const std::vector<Json> instances = json_lines(lines.out);
  ASSERT_EQ(instances.size(), 40u);
  size_t with_history = 0;
  for (const Json& i : instances) {
    EXPECT_EQ(i["split"], "test");
    EXPECT_TRUE(i["label"] == 0 || i["label"] == 1);
    EXPECT_GE(i["position"], 1);
    EXPECT_TRUE(i["task"] == "main" ? i["keyword"].is_string() : i["title"][0].is_string());
    EXPECT_EQ(i["groups"]["profile"][0]["weight"], 1);
    with_history += !i["history"].empty();
  }
  EXPECT_GT(with_history, 0u);
  EXPECT_THAT(run("show --data " + data() + " --user nobody").out, HasSubstr("no instance is of"));
  EXPECT_EQ(run("show --data " + data() + " --split tset").code, 64);
}

TEST_F(TrainCommand, WritesThePredictionsOfTheSplitThatItJudges) {
  const std::string evaluate =
      "evaluate --data " + data() + " --baseline popularity --draws 10 --split validation";
  const Outcome judged = run(evaluate + " --predictions " + file("p.csv"));
  ASSERT_EQ(judged.code, 0) << judged.out;
  const std::string csv = bytes_of(file("p.csv"));
  const auto rows = static_cast<size_t>(std::ranges::count(csv, '\n')) - 1;
  EXPECT_THAT(judged.out, HasSubstr("\n" + std::to_string(rows) + " instances, "));
  const Outcome shown =
      run("show --data " + data() + " --json --split validation --task main --limit 0");
  EXPECT_EQ(json_lines(shown.out).size(), rows);
  const Outcome refused = run(evaluate + " --predictions " + file("p.xlsx"));
  EXPECT_EQ(refused.code, 64);
  EXPECT_THAT(refused.out, HasSubstr("--predictions: expected a file name that ends in .csv or"));
}

TEST_F(TrainCommand, LogsEpochsAndJudgesSlices) {
  const Outcome trained = run(quick("MTDL", "logged.barker") + " --log-json " + file("e.jsonl"));
  ASSERT_EQ(trained.code, 0) << trained.out;
  const std::vector<Json> epochs = json_lines(bytes_of(file("e.jsonl")));
  ASSERT_EQ(epochs.size(), 4u);
  for (size_t e = 0; e < 4; ++e) {
    const bool cools = e == 3;
    EXPECT_EQ(epochs[e]["phase"], cools ? "cool-down" : "alternate");
    EXPECT_EQ(epochs[e]["epoch"], cools ? 1 : e + 1);
    if (cools) {
      EXPECT_LT(epochs[e]["learning_rate"], 5e-4);
    } else {
      EXPECT_EQ(epochs[e]["learning_rate"], 0.002);
    }
    for (const char* task : {"main_auc", "auxiliary_auc"}) {
      EXPECT_GT(epochs[e][task], 0.5);
      EXPECT_LT(epochs[e][task], 1);
    }
    for (const char* known : {"main_loss", "auxiliary_loss", "seconds", "instances"}) {
      EXPECT_GT(epochs[e][known], 0) << known;
    }
  }
  EXPECT_LT(epochs[2]["main_loss"], epochs[0]["main_loss"]);
  const Outcome lost = run(quick("BM", "x") + " --log-json " + data());
  EXPECT_EQ(lost.code, 64);
  EXPECT_THAT(lost.out, HasSubstr("--log-json"));

  const std::string evaluate = "evaluate " + file("logged.barker") + " --data " + data() +
                               " --draws 10 --slice day,position,profile";
  const Outcome sliced = run(evaluate);
  ASSERT_EQ(sliced.code, 0) << sliced.out;
  for (const char* title : {"AUC of SFs by day", "AUC of ads by position", "AUC of ads by profile"})
    EXPECT_THAT(sliced.out, HasSubstr(title));
  const Outcome wrong = run(evaluate + ",hour");
  EXPECT_EQ(wrong.code, 64);
  EXPECT_THAT(wrong.out,
              HasSubstr("--slice: expected one of day, position, user, profile, tags, qside"));
}

}  // namespace
}  // namespace barker

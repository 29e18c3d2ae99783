// Tables of logged actions: what is read, what is refused, and when a value is not to be trusted.
#include "models/experiment/off_policy_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/base/random.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<OffPolicyReport> evaluated(const std::string& text) {
  const std::string path = temporary_path("actions.csv");
  std::ofstream(path, std::ios::binary) << text;
  Result<OffPolicyReport> report = evaluate_policy_table(path, 0.95);
  std::remove(path.c_str());
  return report;
}

TEST(OffPolicyTable, GroupsTheRowsOfAPage) {
  const auto report =
      evaluated("page,target,reward,logged\np,.5,1,.25\np,.25,0,.5\nq,.5,1,.5\nq,1,1,.5\n");
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->log.pages(), 2u);
  EXPECT_EQ(report->log.actions(), 4u);
  // Weights of p: 2 and .5; of q: 1 and 2.
  const auto value = [&](PolicyEstimator e) { return report->log.value(e).value.value; };
  EXPECT_DOUBLE_EQ(value(PolicyEstimator::kPage), (1 * 1 + 2 * 2) / 2.0);
  EXPECT_DOUBLE_EQ(value(PolicyEstimator::kSelfNormalised), (1 * 1 + 2 * 2) / 3.0);
  EXPECT_DOUBLE_EQ(value(PolicyEstimator::kCascade), (2 + 1 + 2) / 2.0);
  EXPECT_DOUBLE_EQ(value(PolicyEstimator::kPosition), (2 + 1 + 2) / 2.0);
  EXPECT_DOUBLE_EQ(report->log.logged().value, 1.5);
}

TEST(OffPolicyTable, RefusesWhatIsWrongByLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"reward,logged\n1,1\n", "columns reward,logged,target, found reward,logged"},
      {"reward,logged,target,predicted\n", "expected predicted and predicted_policy together"},
      {"reward,logged,target,logged_position\n", "logged_position and target_position together"},
      {"reward,logged,target\n", "expected rows behind the header, found none"},
      {"reward,logged,target\n1,.5,.5\n1,0,.5\n",
       "actions.csv:3: logged: an action with probability 0 cannot be taken"},
      {"reward,logged,target\n1,1.5,.5\n", ":2: logged: expected a probability, found 1.5"},
      {"reward,logged,target\n1,.5,-.5\n", ":2: target: expected a probability, found -.5"},
      {"reward,logged,target\nx,.5,.5\n", ":2: expected a number as reward, found \"x\""},
      {"reward,logged,target\nnan,.5,.5\n", ":2: expected a number as reward"},
      {"reward,logged,target,page\n1,.5,.5,\n", ":2: expected a page, found nothing"},
      {"reward,logged,target,page\n1,.5,.5,a\n1,.5,.5,b\n1,.5,.5,a\n",
       ":4: page a stood further above: rows of a page stand together"}};
  for (const auto& [text, message] : cases) {
    const auto report = evaluated(text);
    ASSERT_FALSE(report.ok()) << text;
    EXPECT_THAT(report.status().message(), HasSubstr(message));
  }
}

// `rows` actions of which a tenth has a reward, with the given probabilities.
std::string table(size_t rows, const char* probabilities) {
  std::string text = "reward,logged,target\n";
  for (size_t i = 0; i < rows; ++i) {
    text += std::string(i % 10 == 0 ? "1," : "0,") + probabilities + "\n";
  }
  return text;
}

TEST(OffPolicyTable, WarnsWhereAValueIsNotToBeTrusted) {
  const auto good = evaluated(table(1000, "1,1"));
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->warnings.empty()) << to_text(*good);
  const auto few = evaluated(table(50, "1,1"));
  EXPECT_THAT(to_text(*few), HasSubstr("Pages with a reward: 5."));
  EXPECT_THAT(to_text(*few), HasSubstr("WARNING: ips: pages that the log is worth: 50."));
  const auto wrong = evaluated(table(1000, ".5,1"));
  EXPECT_THAT(to_text(*wrong), HasSubstr("ips: the mean weight is 2.000 where right"));
  const auto rare = evaluated(table(4000, "1,1") + "1,.001,1\n");
  EXPECT_THAT(to_text(*rare), HasSubstr("ips: pages that the log is worth: 25."));
  const auto large = evaluated(table(4000, "1,1") + "1,.003,1\n");
  EXPECT_THAT(to_text(*large), HasSubstr("ips: one page has 7.7% of the weight"));
  const auto none = evaluated(table(1000, "1,0"));
  ASSERT_TRUE(none.ok());
  EXPECT_THAT(to_text(*none), HasSubstr("ips: the judged policy takes none of the logged actions"));
  EXPECT_THAT(to_text(*none), Not(HasSubstr("nan")));
}

TEST(OffPolicyTable, JsonHasEachEstimatorThatSaysSomethingOfItsOwn) {
  const auto json_of = [](const std::string& text) {
    return nlohmann::json::parse(to_json(*evaluated(text)));
  };
  const auto names = [](const nlohmann::json& json) {
    std::string all;
    for (const auto& e : json["estimators"]) all += e["estimator"].get<std::string>() + " ";
    return all;
  };
  EXPECT_EQ(names(json_of(table(10, "1,1"))), "ips snips ");
  EXPECT_EQ(names(json_of("reward,logged,target,page,predicted,predicted_policy\n"
                          "1,.5,.5,a,.2,.3\n0,.5,.5,a,.2,.3\n")),
            "ips snips cascade-ips position-ips doubly-robust ");
  const nlohmann::json none = json_of(table(10, "1,0"));
  EXPECT_TRUE(none["estimators"][1]["value"].is_null()) << "nothing is divided by no weight";
}

}  // namespace
}  // namespace barker

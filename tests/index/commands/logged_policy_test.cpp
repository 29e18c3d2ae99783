#include "index/commands/logged_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/index/simulation/small_market.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// One selling point a title, so that each has a fair chance of being what the judged policy shows.
constexpr char kOne[] = "[selling_points]\ncount = 1\n";

class LoggedPolicyTest : public SmallMarket {
 protected:
  struct DrawnLog {
    std::string path;
    uint64_t searches = 0;
  };
  // Made when it is first asked for, because most tests need none.
  static const DrawnLog& drawn() {
    static const DrawnLog made = [] {
      DrawnLog log{temporary_path("raw.jsonl")};
      SimulationOptions options = shoppers();
      options.log = log.path;
      options.engine.config += "[exploration]\nshare = 1\n";
      const Result<SimulationResult> result = simulate(options);
      EXPECT_TRUE(result.ok()) << result.status().message();
      if (result.ok()) log.searches = result->searches;
      return log;
    }();
    return made;
  }

  // Pages of which none can be used, each for a reason of its own.
  static std::string useless_log() {
    const std::string path = temporary_path("left-out.jsonl");
    std::ofstream(path)
        << R"({"type":"impression","request":"r1","time":1,"query":"q","ads":[{"id":"gone","position":1,"title":"t","sp_propensity":0.5}]})"
        << "\n"
        << R"({"type":"impression","request":"r2","time":2,"query":"q","ads":[{"id":"gone","position":1,"title":"t"}]})"
        << "\n"
        << R"({"type":"impression","request":"r3","time":3,"query":"q","ads":[{"id":"gone","position":1,"title":"t","sp_propensity":1}]})"
        << "\n";
    return path;
  }

  static SimulationOptions shoppers() {
    SimulationOptions options = small();
    options.market.users = kIsSanitized ? 300 : 1200;
    options.days = 1;
    options.searches = 2;
    options.engine.config = kOne;
    return options;
  }

  static LoggedPolicyOptions judged(const std::string& log) {
    LoggedPolicyOptions options;
    options.logs = {log};
    options.engine = shoppers().engine;
    return options;
  }

  static Result<OffPolicyReport> evaluate(const LoggedPolicyOptions& options) {
    std::string bad;
    return evaluate_policy_on_logs(options, bad);
  }

  static double per_page(const SimulationResult& result, double ShopperTotals::*what) {
    double sum = 0;
    for (const ShopperTotals& totals : result.totals) sum += totals.*what;
    return sum / static_cast<double>(result.searches);
  }
};

// The truth is what the same shoppers do when the judged policy serves, by the known probabilities.
TEST_F(LoggedPolicyTest, FindsFromDrawnPagesWhatPersonalPointsEarn) {
  const Result<OffPolicyReport> report = evaluate(judged(drawn().path));
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_GT(report->log.pages(), drawn().searches * 9 / 10);
  const Result<SimulationResult> served = simulate(shoppers());
  ASSERT_TRUE(served.ok()) << served.status().message();
  const double truth = per_page(*served, &ShopperTotals::expected);
  const PolicyValue value = report->log.value(PolicyEstimator::kPosition);
  EXPECT_LT(value.value.low, truth);
  EXPECT_GT(value.value.high, truth);
  EXPECT_NEAR(value.mean_weight, 1, 4 * value.weight_error) << "it shows what was drawn at times";
  EXPECT_GT(value.value.value, report->log.logged().value) << "drawn ones earn less";
  EXPECT_GT(value.effective_pages, 300);
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_THAT(to_text(*report), Not(HasSubstr("snips"))) << "titles of a page are drawn together";
}

TEST_F(LoggedPolicyTest, RefusesAPolicyThatDrawsItself) {
  LoggedPolicyOptions options = judged(drawn().path);
  options.engine.config += "[exploration]\nshare = 0.1\n";
  const Result<OffPolicyReport> report = evaluate(options);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.status().message(), HasSubstr("draws selling points"));
}

TEST_F(LoggedPolicyTest, SaysThatAPolicyWithoutSellingPointsWasNeverLogged) {
  LoggedPolicyOptions options = judged(drawn().path);
  options.engine.config = "[selling_points]\ncount = 1\nminimum_score = 1\n";
  const Result<OffPolicyReport> report = evaluate(options);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_THAT(report->warnings, Contains(HasSubstr("were never logged")));
}

TEST_F(LoggedPolicyTest, CountsThePagesThatItLeavesOut) {
  const Result<OffPolicyReport> report = evaluate(judged(useless_log()));
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.status().message(), HasSubstr("no page can be used"));
  EXPECT_THAT(report.status().message(), HasSubstr("nothing was drawn on them: 1"));
  EXPECT_THAT(report.status().message(), HasSubstr("no sp_propensity: 1"));
  EXPECT_THAT(report.status().message(), HasSubstr("all of their ads: 1"));
}

TEST_F(LoggedPolicyTest, NamesALogOrAnIndexThatCannotBeRead) {
  EXPECT_THAT(evaluate(judged("/nowhere.jsonl")).status().message(), HasSubstr("/nowhere.jsonl"));
  LoggedPolicyOptions options = judged("/nowhere.jsonl");
  options.engine.index = "/nowhere";
  EXPECT_THAT(evaluate(options).status().message(), HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace barker

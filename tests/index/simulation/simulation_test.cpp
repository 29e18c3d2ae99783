#include "index/simulation/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "index/simulation/table2.h"
#include "models/data/raw_event.h"
#include "tests/index/simulation/small_market.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

class SimulationTest : public SmallMarket {
 protected:
  static SimulationOptions with(const std::string& experiments) {
    SimulationOptions options = small();
    options.engine.watched.experiments = temporary_path("experiments.toml");
    std::ofstream(options.engine.watched.experiments) << experiments;
    return options;
  }
};

TEST_F(SimulationTest, IsTheSameOnAnyNumberOfThreads) {
  SimulationOptions options = with(table2_rows()[0].experiment);
  std::string first;
  for (const size_t threads : {1, 2, 5}) {
    options.threads = threads;
    options.log = temporary_path("raw.jsonl");
    const Result<SimulationResult> result = simulate(options);
    ASSERT_TRUE(result.ok()) << result.status().message();
    const std::string log = bytes_of(options.log);
    if (first.empty()) first = log;
    EXPECT_TRUE(log == first) << threads;
  }
  options.seed = 2;
  ASSERT_TRUE(simulate(options).ok());
  EXPECT_FALSE(bytes_of(options.log) == first);
}

TEST_F(SimulationTest, LogsWhatItCounts) {
  SimulationOptions options = with(table2_rows()[0].experiment);
  options.log = temporary_path("raw.jsonl");
  const Result<SimulationResult> result = simulate(options);
  ASSERT_TRUE(result.ok()) << result.status().message();
  std::map<std::string, std::string> arm_of_request;
  std::map<std::string, double> impressions, clicks;
  std::ifstream in(options.log);
  for (std::string line; std::getline(in, line);) {
    const Result<RawEvent> event = parse_raw_event(line);
    ASSERT_TRUE(event.ok()) << event.status().message();
    if (const auto* shown = std::get_if<RawImpression>(&*event)) {
      ASSERT_EQ(shown->arms.size(), 1u);
      const std::string arm = shown->arms[0].experiment + "/" + shown->arms[0].arm;
      arm_of_request[shown->request] = arm;
      impressions[arm] += static_cast<double>(shown->ads.size());
    } else if (const auto& click = std::get<RawClick>(*event); click.kind == RawClick::Kind::kAd) {
      clicks[arm_of_request.at(click.request)] += 1;
    }
  }
  EXPECT_EQ(arm_of_request.size(), result->searches);
  for (const char* arm : {"titles/none", "titles/personal", "titles/random"}) {
    const Result<ArmOutcome> outcome = outcome_of(*result, arm);
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->totals.impressions, impressions[arm]) << arm;
    EXPECT_EQ(outcome->totals.clicks, clicks[arm]) << arm;
  }
}

// By the known probabilities, without the noise of clicks.
TEST_F(SimulationTest, EarnsMoreWithPersonalPointsThanWithRandomOnesAndLessThanWithTheBest) {
  const Result<SimulationResult> result = simulate(with(table2_rows()[0].experiment));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->bypassed, 0u);
  const auto gain = [&](const char* arm) {
    const ShopperTotals t = outcome_of(*result, arm)->totals;
    return t.expected / t.expected_none - 1;
  };
  const ShopperTotals personal = outcome_of(*result, "titles/personal")->totals;
  EXPECT_NEAR(gain("titles/none"), 0, 1e-12);
  EXPECT_GT(gain("titles/random"), 0.03);
  EXPECT_GT(gain("titles/personal"), gain("titles/random"));
  EXPECT_LT(personal.expected, personal.expected_best);
  EXPECT_NEAR(personal.clicks / personal.expected, 1, 0.1)
      << "clicks are drawn by the probabilities";
}

TEST_F(SimulationTest, RunsEachRowOfTable2) {
  for (const Table2Row& row : table2_rows()) {
    const Result<SimulationResult> result = simulate(with(row.experiment));
    ASSERT_TRUE(result.ok()) << result.status().message();
    const Result<ArmComparison> comparison = compare_arms(*result, row.control, row.treatment);
    ASSERT_TRUE(comparison.ok()) << comparison.status().message();
    EXPECT_TRUE(comparison->lift.is_known()) << row.number;
    const std::vector<Table2Outcome> outcome = {{&row, *comparison, {comparison->control}}};
    EXPECT_THAT(to_text(outcome), HasSubstr("row " + std::to_string(row.number)));
    EXPECT_THAT(to_json(outcome), HasSubstr("\"expected_lift\""));
  }
}

TEST_F(SimulationTest, FailsWithoutItsIndexAndWithExperimentsThatAreWrong) {
  SimulationOptions options = small();
  options.engine.index = temporary_path("nowhere");
  EXPECT_FALSE(simulate(options).ok());
  EXPECT_FALSE(simulate(with("[[experiment]]\nname = 3\n")).ok());
  const Result<SimulationResult> result = simulate(small());
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(outcome_of(*result, "no/arm").status().message(), HasSubstr("no/arm"));
}

}  // namespace
}  // namespace barker

#include "bench/scale_plan.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "models/base/child_process.h"
#include "models/base/random.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

TEST(ScalePlan, LostAdsAreThoseOfThrowingFiftyAdsIntoShards) {
  constexpr size_t kThrows = 20'000;
  Random random(1, 0);
  for (const auto& [shards, window] : {std::pair(5u, 8u), {20u, 3u}, {100u, 1u}}) {
    double lost = 0;
    for (size_t i = 0; i < kThrows; ++i) {
      std::vector<size_t> counts(shards);
      for (int ad = 0; ad < 50; ++ad) ++counts[random.below(shards)];
      for (const size_t count : counts)
        lost += count > window ? static_cast<double>(count - window) : 0;
    }
    EXPECT_NEAR(lost_ads(shards, window), lost / kThrows, .03 * lost / kThrows) << shards;
  }
  EXPECT_EQ(lost_ads(1, 10), 40);
  EXPECT_EQ(lost_ads(1, 50), 0);
  EXPECT_NEAR(lost_ads(20, 50), 0, 1e-12);
}

TEST(ScalePlan, TheLeastWindowLosesAsLittleAsIsAllowedAndASmallerOneMore) {
  EXPECT_EQ(least_window(1, .01), 50u);
  for (const size_t shards : {10u, 20u, 100u}) {
    const size_t window = least_window(shards, .01);
    EXPECT_LE(lost_ads(shards, window), .01);
    EXPECT_GT(lost_ads(shards, window - 1), .01);
  }
}

TEST(ScalePlan, CoresGrowWithTheRateAndOneReplicaMoreThanTheLoadNeedsIsThere) {
  Goal goal;
  const Figures figures;
  const Machine machine;
  const Plan plan = plan_shards(goal, figures, machine, 20);
  const double needed = plan.agent_cores / 20 / (machine.cores * machine.most_load);
  EXPECT_GE(plan.replicas, needed + 1);
  EXPECT_LT(plan.replicas, needed + 2);
  goal.searches_per_second *= 3;
  const Plan busier = plan_shards(goal, figures, machine, 20);
  EXPECT_NEAR(busier.agent_cores, 3 * plan.agent_cores, 1e-6);
  EXPECT_NEAR(busier.broker_cores, 3 * plan.broker_cores, 1e-6);
  EXPECT_GT(busier.replicas, 2 * plan.replicas);
}

TEST(ScalePlan, AShardOfTheMeasuredSizeHasTheMeasuredFirstPass) {
  Goal goal;
  goal.ads = 2e6;
  const Figures figures;
  const Plan plan = plan_shards(goal, figures, Machine(), 2);
  const ServiceTime measured =
      ServiceTime::measured(figures.first_pass_p50_us, figures.first_pass_p99_us);
  EXPECT_DOUBLE_EQ(plan.agent.mean_us, measured.mean_us);
  EXPECT_DOUBLE_EQ(plan.agent.spread, measured.spread);
  goal.ads = 2e7;  // ten times the ads
  EXPECT_NEAR(plan_shards(goal, figures, Machine(), 2).agent.mean_us,
              figures.growth_per_tenfold * measured.mean_us, 1e-6);
}

// The page's tables come from the program, so that nobody has to believe that they were copied.
TEST(ScalePlan, ThePageShowsWhatTheProgramPrints) {
  std::ostringstream page;
  page << std::ifstream(std::string(BARKER_SOURCE_DIR) + "/index/SCALE.md").rdbuf();
  const std::string printed = temporary_path("plan");
  const Result<ChildEnd> end = run_child({{SCALE_PLAN}, "", printed});
  ASSERT_TRUE(end.ok() && end->code == 0 && end->signal == 0);
  size_t rows = 0;
  std::ifstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ")) continue;
    ++rows;
    EXPECT_NE(page.str().find(line), std::string::npos) << line;
  }
  EXPECT_GT(rows, 10u);
}

}  // namespace
}  // namespace barker

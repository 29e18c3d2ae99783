#include "models/experiment/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>

namespace barker {
namespace {

// To find a lift of 5% over a rate of 5%.
PlanInput lift_of_a_rate() {
  PlanInput plan;
  plan.base = .05;
  plan.variance = .05 * .95;
  plan.lift = .05;
  return plan;
}

TEST(Plan, NeedsSixteenVariancesOverTheSquaredDifferenceInEachArm) {
  PlanInput plan = lift_of_a_rate();
  const double units = units_needed(plan);
  EXPECT_NEAR(units / 2, 15.7 * plan.variance / (.0025 * .0025), 400);
  EXPECT_NEAR(power_of(plan, units), .8, 1e-4);
  EXPECT_NEAR(detectable_lift(plan, units), .05, 1e-4);
  plan.design_effect = 2;
  EXPECT_NEAR(units_needed(plan), 2 * units, 2);
}

TEST(Plan, NeedsMoreUnitsWithSmallOrManyArms) {
  PlanInput plan = lift_of_a_rate();
  const double equal = units_needed(plan);
  plan.control_share = .9;
  plan.arm_share = .1;
  EXPECT_NEAR(units_needed(plan) / equal, (1 / .9 + 1 / .1) / 4, 1e-4);
  EXPECT_NEAR(power_of(plan, units_needed(plan)), .8, 1e-4);
  PlanInput three = plan;
  three.control_share = NAN;
  three.comparisons = 2;
  three.alpha = .1;  // divided by two comparisons
  EXPECT_NEAR(units_needed(three), 1.5 * equal, 2);
}

TEST(Plan, SaysWhatTheUnitsSoFarCanFind) {
  PlanInput plan = lift_of_a_rate();
  const std::string text = plan_text(plan, {units_needed(plan), 1000}, "user");
  EXPECT_NE(text.find("days at 1000 a day"), std::string::npos) << text;
  EXPECT_NE(
      text.find("users so far find a lift of 5% with that power, and one of 5% with power 0.8."),
      std::string::npos)
      << text;
  EXPECT_EQ(plan_text(plan, {}, "user").find("so far"), std::string::npos);
  EXPECT_NE(plan_text(plan, {NAN, 1e5}, "user").find(" days at 100000 a day"), std::string::npos);
}

TEST(Plan, OfAMetricBelowZeroIsThatOfItsSize) {
  PlanInput plan;
  plan.base = 5;
  plan.variance = 4;
  const double lift = detectable_lift(plan, 1000);
  plan.base = -5;
  EXPECT_EQ(detectable_lift(plan, 1000), lift);
}

TEST(Plan, HasNoUnitsForARateAboveOne) {
  PlanInput plan;
  plan.base = .9;
  plan.variance = .09;
  plan.highest = 1;
  const std::string text = plan_text(plan, {}, "impression");
  EXPECT_NE(text.find("lift 10%: "), std::string::npos);
  EXPECT_NE(text.find("lift 20%: none, because the mean would be above 1\n"), std::string::npos)
      << text;
}

TEST(Plan, HasNoNumbersWhereTheControlSaysNothing) {
  for (const auto& [base, variance] :
       {std::pair(0.0, 1.0), {NAN, NAN}, {0.0, 0.0}, {1.0, 0.0}, {-9e-18, 1.0}}) {
    PlanInput plan;
    plan.base = base;
    plan.variance = variance;
    const std::string text = plan_text(plan, {2000, 100}, "user");
    EXPECT_TRUE(text.starts_with("Nothing can be planned")) << text;
    EXPECT_EQ(text.find("nan"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace barker

// The score test of two proportions, score_difference() and not_more() in statistics.h.
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "models/base/random.h"
#include "models/experiment/statistics.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

TEST(NotMore, IsTheScoreTestOfFarringtonAndManningWithTheCorrectionOfHauckAndAnderson) {
  // The numbers were computed in Python by their closed form, which gives the root of a cubic
  // equation with a cosine.
  struct Case {
    Proportion control, treatment;
    double margin, p, bound, low, high;
  };
  const Case cases[] = {
      {{10, 120}, {12, 100}, .1, .09043762, .11449458, -.04922038, .12987490},
      {{25, 4000}, {30, 5000}, .003, .02990304, .00259569, -.00384582, .00313371},
      {{9, 60}, {5, 80}, .05, .00699441, .00521732, -.21563250, .02206341},
  };
  for (const Case& c : cases) {
    const NonInferiority test = not_more(c.control, c.treatment, c.margin);
    EXPECT_NEAR(test.p, c.p, 1e-8);
    EXPECT_NEAR(test.bound, c.bound, 1e-8);
    EXPECT_EQ(test.holds, c.p < .05);
    const Effect effect = score_difference(c.control, c.treatment);
    EXPECT_NEAR(effect.value, c.treatment.share() - c.control.share(), 1e-15);
    EXPECT_NEAR(effect.low, c.low, 1e-8);
    EXPECT_NEAR(effect.high, c.high, 1e-8);
  }
}

TEST(NotMore, CanBeSaidWhereNobodyDidIt) {
  // z = (1 / 2n - d) / sqrt(d (1 - d) / n), because the likeliest share of the control is 0.
  EXPECT_NEAR(not_more({0, 4000}, {0, 4000}, .001).p, normal_cdf(-1.750876), 1e-6);
  EXPECT_TRUE(not_more({0, 4000}, {0, 4000}, .001).holds);
  EXPECT_FALSE(not_more({0, 3000}, {0, 3000}, .001).holds) << "too few users to know";
  const Effect effect = score_difference({0, 4000}, {0, 4000});
  EXPECT_EQ(effect.value, 0);
  EXPECT_EQ(effect.p, 1);
  EXPECT_LT(effect.low, -.001);
  EXPECT_NEAR(effect.low, -effect.high, 1e-12);
  EXPECT_EQ(not_more({0, 100}, {0, 100}, 0).p, 1);
  EXPECT_TRUE(not_more({0, 100}, {0, 100}, 2).holds);
  EXPECT_FALSE(not_more({0, 100}, {100, 100}, 1).holds);
  EXPECT_TRUE(std::isnan(not_more({0, 0}, {0, 100}, .1).p));
  EXPECT_FALSE(score_difference({0, 100}, {0, 0}).is_known());
}

// The arms are worse by just the margin. Their events are so rare that they are drawn from the
// distribution of Poisson.
TEST(NotMore, IsSaidOfOneWorseArmInTwentyAtMostHoweverRareTheEventsAre) {
  constexpr int kReplications = repetitions(3000);
  constexpr double kMargin = .001;
  struct Case {
    double control_units, units, rate;
    bool misleads_wald;
  };
  const Case cases[] = {
      {3000, 3000, 0, true},      {4000, 4000, 0, false},     {4500, 4500, 0, true},
      {5000, 5000, 0, true},      {5000, 5000, .0005, false}, {5000, 5000, .002, false},
      {3000, 27000, .001, false}, {27000, 3000, .001, false}, {50000, 50000, .001, false}};
  Random random(7, 13);
  for (const Case& c : cases) {
    int kept = 0, kept_by_wald = 0, kept_if_equal = 0;
    for (int r = 0; r < kReplications; ++r) {
      const auto draw = [&](double units, double rate) {
        return Proportion{static_cast<double>(random.poisson(units * rate)), units};
      };
      const Proportion control = draw(c.control_units, c.rate);
      const Proportion worse = draw(c.units, c.rate + kMargin);
      kept += not_more(control, worse, kMargin).holds;
      kept_if_equal += not_more(control, draw(c.units, c.rate), kMargin).holds;
      const Effect wald = absolute_difference(proportion_moments(control.events, control.units),
                                              proportion_moments(worse.events, worse.units));
      kept_by_wald += non_inferiority(wald, kMargin, false).holds;
    }
    const double share = static_cast<double>(kept) / kReplications;
    const double by_wald = static_cast<double>(kept_by_wald) / kReplications;
    const double if_equal = static_cast<double>(kept_if_equal) / kReplications;
    std::cout << c.control_units << " and " << c.units << " units, rate " << c.rate << ": kept "
              << share << ", by Wald's test " << by_wald << ", of equal arms " << if_equal << "\n";
    EXPECT_LT(share, .05 + 3 * std::sqrt(.05 * .95 / kReplications));
    if (c.misleads_wald) {
      EXPECT_GT(by_wald, .07);
    }
    if (c.control_units >= 50000) {
      EXPECT_GT(if_equal, .99);
    }
  }
}

}  // namespace
}  // namespace barker

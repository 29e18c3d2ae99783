#include "models/experiment/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/base/random.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

// gbstats' published case (its tests of TwoSidedTTest).
constexpr ArmMoments kControl = {3407, .41, 3.9 * 3.9}, kTreatment = {3461, .70, 6.2 * 6.2};

TEST(Difference, HasThePublishedNumbersOfGbstats) {
  const Effect effect = absolute_difference(kControl, kTreatment);
  EXPECT_NEAR(effect.value, .29, 1e-12);
  EXPECT_NEAR(effect.low, .04538, 5e-6);
  EXPECT_NEAR(effect.high, .53462, 5e-6);
  EXPECT_NEAR(effect.p, .02016, 5e-6);
}

TEST(Lift, HasThePublishedNumbersOfGbstats) {
  const Effect effect = relative_lift(kControl, kTreatment);
  EXPECT_NEAR(effect.value, .70732, 5e-6);
  EXPECT_NEAR(effect.low, -.03526, 5e-6);
  EXPECT_NEAR(effect.high, 1.44989, 5e-6);
  EXPECT_NEAR(effect.p, .06191, 5e-6);
}

TEST(Lift, KeepsTheSignOfTheDifferenceWhereTheControlIsNegative) {
  const Effect effect = relative_lift({100, -2, 1}, {100, -1, 1});
  EXPECT_NEAR(effect.value, .5, 1e-12);
  EXPECT_GT(effect.low, 0);
}

TEST(Lift, DoesNotDependOnTheUnitOfTheMetric) {
  const ArmMoments control = {100, 2, 3}, treatment = {120, 2.5, 4};
  const Effect lift = relative_lift(control, treatment);
  const Effect difference = absolute_difference(control, treatment);
  for (const double scale : {1e100, 1e-70}) {
    const ArmMoments c = {100, 2 * scale, 3 * scale * scale};
    const ArmMoments t = {120, 2.5 * scale, 4 * scale * scale};
    EXPECT_NEAR(relative_lift(c, t).p, lift.p, 1e-12) << scale;
    EXPECT_NEAR(relative_lift(c, t).high, lift.high, 1e-12) << scale;
    EXPECT_NEAR(absolute_difference(c, t).p, difference.p, 1e-12) << scale;
    EXPECT_NEAR(mixture_sprt_p(absolute_difference(c, t), .1 * scale),
                mixture_sprt_p(difference, .1), 1e-12)
        << scale;
  }
}

TEST(Lift, IsUnknownOverAControlOfZero) {
  EXPECT_TRUE(std::isnan(relative_lift({100, 0, 1}, {100, 1, 1}).value));
  EXPECT_TRUE(std::isnan(relative_lift({100, -9e-18, 1}, {100, 1, 1}).value)) << "of rounding";
  EXPECT_FALSE(std::isnan(relative_lift({100, 1e-9, 1e-12}, {100, 1, 1}).value));
}

TEST(FiellerLift, IsNearTheDeltaMethodForASureControlAndUnboundedForAnUnsureOne) {
  const ArmMoments sure = {100000, 1, 1}, more = {100000, 1.1, 1};
  EXPECT_NEAR(fieller_lift(sure, more).low, relative_lift(sure, more).low, 1e-4);
  EXPECT_NEAR(fieller_lift(sure, more).high, relative_lift(sure, more).high, 1e-4);
  EXPECT_TRUE(std::isnan(fieller_lift({10, .1, 1}, {10, .2, 1}).low));
}

TEST(Difference, IsUnknownWithoutVarianceOrWithOneUnit) {
  EXPECT_TRUE(std::isnan(absolute_difference({10, 1, 0}, {10, 2, 0}).p));
  EXPECT_TRUE(std::isnan(absolute_difference({1, 1, NAN}, {10, 2, 1}).p));
  EXPECT_EQ(absolute_difference({10, 1, 0}, {10, 2, 0}).value, 1);
}

// Table 2 of the paper. Rows 1 to 3 fit click-through rates near each other; rows 4 and 5 do not,
// although both have the same base bucket (see models/EXPERIMENTS.md).
double table2_p(double rate, double lift, double displays) {
  const double n = displays / 2;
  return two_proportion_z(rate * n, n, rate * (1 + lift) * n, n).p;
}

TEST(TwoProportionZ, GivesThePValuesOfThePapersTable2AtTheRatesThatItsRowsImply) {
  EXPECT_NEAR(table2_p(.000253, .103, 30.516e6), 1e-5, 2e-7);
  EXPECT_NEAR(table2_p(.000334, .0576, 40.942e6), 9e-4, 2e-5);
  EXPECT_NEAR(table2_p(.000241, .0567, 30.5e6), .0166, 2e-4);
}

TEST(TwoProportionZ, ShowsThatRows4And5OfThePapersTable2DoNotFitTheOthers) {
  const double rate = .000273;  // the geometric mean of what rows 1 to 3 imply
  EXPECT_NEAR(table2_p(rate, .0410, 21.49e6), .12, .01) << "the paper prints .7347";
  EXPECT_NEAR(table2_p(rate, .0484, 20.2e6), .076, .002) << "the paper prints .001";
  EXPECT_NEAR(table2_p(.0000130, .0410, 21.49e6), .7347, .01) << "a rate 21 times lower";
  EXPECT_NEAR(table2_p(.000937, .0484, 20.2e6), .001, 2e-5) << "a rate 3.4 times higher";
}

TEST(TwoProportionZ, IsUnknownWhereNobodyOrEverybodyClicked) {
  EXPECT_TRUE(std::isnan(two_proportion_z(0, 10, 0, 10).p));
  EXPECT_TRUE(std::isnan(two_proportion_z(10, 10, 10, 10).p));
  EXPECT_TRUE(std::isnan(two_proportion_z(0, 0, 1, 10).p));
}

TEST(WilsonInterval, StaysBetweenNoneAndAll) {
  // R: prop.test(0, 10, correct = FALSE) gives [0, 0.2775].
  EXPECT_NEAR(wilson_interval(0, 10).high, .2775328, 1e-6);
  EXPECT_EQ(wilson_interval(0, 10).low, 0);
  EXPECT_LE(wilson_interval(10, 10).high, 1);
  EXPECT_EQ(wilson_interval(0, 1000).low, 0);
  EXPECT_EQ(wilson_interval(1000, 1000).high, 1);
}

TEST(Covariances, AreThoseOfTheirPartsHoweverTheyAreMerged) {
  Random random(1, 1);
  Covariances<3> whole, left, right;
  for (int i = 0; i < 1000; ++i) {
    const double x = random.normal();
    const Covariances<3>::Row row = {1e9 + x, 2 * x + random.normal(), random.uniform()};
    whole.add(row);
    (i < 300 ? left : right).add(row);
  }
  left.merge(right);
  EXPECT_EQ(left.units(), 1000);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(left.mean(i), whole.mean(i), 1e-6);
    for (size_t j = 0; j < 3; ++j) EXPECT_NEAR(left.covariance(i, j), whole.covariance(i, j), 1e-6);
  }
}

TEST(RatioMoments, AreThoseOfTheMeanWhereEveryUnitHasOneImpression) {
  Covariances<2> units;
  for (int i = 0; i < 100; ++i) units.add({i % 4 == 0 ? 1.0 : 0.0, 1});
  const ArmMoments ratio = ratio_moments(units, 0, 1), mean = units.moments(0);
  EXPECT_NEAR(ratio.mean, .25, 1e-12);
  EXPECT_NEAR(ratio.variance, mean.variance, 1e-12);
  EXPECT_NEAR(mean.variance, proportion_moments(25, 100).variance, 1e-12);
}

TEST(RatioMoments, GrowWithWhatTheClicksOfAUserHaveInCommon) {
  // Half of the users click on all of ten impressions and half on none: ten impressions of a user
  // are worth one.
  Covariances<2> units;
  for (int i = 0; i < 1000; ++i) units.add({i % 2 == 0 ? 10.0 : 0.0, 10});
  const double clustered = ratio_moments(units, 0, 1).variance_of_mean();
  EXPECT_NEAR(clustered / proportion_moments(5000, 10000).variance_of_mean(), 10, .02);
}

TEST(NonInferiority, HoldsWhereTheBoundIsWithinTheMargin) {
  Effect effect;
  effect.value = -.01;
  effect.standard_error = .01;
  EXPECT_FALSE(non_inferiority(effect, .02, true).holds);
  EXPECT_TRUE(non_inferiority(effect, .03, true).holds);
  EXPECT_NEAR(non_inferiority(effect, .03, true).p, .02275, 1e-5);
  EXPECT_NEAR(non_inferiority(effect, .03, true).bound, -.01 - .01644854, 1e-6);
  EXPECT_TRUE(non_inferiority(effect, .02, false).holds) << "less is better";
}

TEST(Corrections, AreThoseOfHolmAndOfBenjaminiAndHochberg) {
  // R: p.adjust(c(.01, .04, .03, .005), "holm") and "BH".
  const std::vector<double> p = {.01, .04, NAN, .03, .005};
  const std::vector<double> by_holm = holm(p), by_share = benjamini_hochberg(p);
  const std::vector<double> expected_holm = {.03, .06, NAN, .06, .02};
  const std::vector<double> expected_share = {.02, .04, NAN, .04, .02};
  for (size_t i = 0; i < p.size(); ++i) {
    if (i == 2) {
      EXPECT_TRUE(std::isnan(by_holm[i]) && std::isnan(by_share[i]));
      continue;
    }
    EXPECT_NEAR(by_holm[i], expected_holm[i], 1e-12);
    EXPECT_NEAR(by_share[i], expected_share[i], 1e-12);
  }
}

}  // namespace
}  // namespace barker

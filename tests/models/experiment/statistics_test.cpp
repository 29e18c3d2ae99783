#include "models/experiment/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <vector>

#include "models/base/random.h"
#include "models/experiment/adjust.h"
#include "models/experiment/plan.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"
#include "tests/repetitions.h"

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

TEST(NotMore, IsTheScoreTestOfFarringtonAndManningWithTheCorrectionOfHauckAndAnderson) {
  // By their closed form, the root of a cubic equation with a cosine, in Python.
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

// Arms that are worse by just the margin. The events are so rare that they are Poisson's.
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

TEST(SampleRatio, IsPearsonsChiSquare) {
  // R: chisq.test(c(821588, 815482)) is the known example of Microsoft's, p = 1.8e-6.
  EXPECT_NEAR(sample_ratio_p({821588, 815482}, {.5, .5}), 1.8e-6, 1e-7);
  EXPECT_NEAR(sample_ratio_p({10, 20, 30}, {1, 2, 3}), 1, 1e-12);
  EXPECT_TRUE(std::isnan(sample_ratio_p({10}, {1})));
  EXPECT_TRUE(std::isnan(sample_ratio_p({0, 0}, {1, 1})));
}

TEST(SequentialSampleRatio, NeverRisesAgainAndFindsALastingMismatch) {
  SequentialSampleRatio test({1, 1});
  double before = 1;
  for (int n = 1000; n <= 100000; n += 1000) {
    const double p = test.look({n * .49, n * .51});
    EXPECT_LE(p, before);
    before = p;
  }
  EXPECT_LT(before, 1e-4);
  SequentialSampleRatio even({1, 1});
  EXPECT_EQ(even.look({5000, 5000}), 1);
}

TEST(ConfidenceSequence, IsWiderThanAnIntervalForOneLookAndNarrowestWhereItIsTuned) {
  Effect effect;
  effect.value = .29;
  effect.standard_error = .12478;
  const Effect sequence = confidence_sequence(effect, 6868);
  EXPECT_LT(sequence.low, .04538);
  EXPECT_GT(sequence.high, .53462);
  const auto width = [&](double tuned) {
    const Effect s = confidence_sequence(effect, 6868, tuned);
    return s.high - s.low;
  };
  EXPECT_LT(width(6868), width(3000));
  EXPECT_LT(width(6868), width(15000));
}

TEST(ConfidenceSequence, LeavesOutZeroExactlyWhereItsPValueSaysSo) {
  for (const double z : {1.0, 2.5, 2.9, 3.2, 5.0}) {
    Effect effect;
    effect.value = z;
    effect.standard_error = 1;
    const Effect sequence = confidence_sequence(effect, 4000);
    EXPECT_EQ(sequence.low > 0, sequence.p < .05) << z;
  }
}

TEST(MixtureSprt, IsTheRatioOfTheMixtureToTheNull) {
  Effect effect;
  effect.value = 3;
  effect.standard_error = 1;
  // The mixture of N(theta, 1) over theta ~ N(0, 2^2) is N(0, 5).
  const double ratio = std::exp(-9 / 10.0) / std::sqrt(5) / std::exp(-9 / 2.0);
  EXPECT_NEAR(mixture_sprt_p(effect, 2), 1 / ratio, 1e-12);
  effect.value = 0;
  EXPECT_EQ(mixture_sprt_p(effect, 2), 1);
}

TEST(Cuped, RemovesWhatTheTimeBeforeExplainsAndKeepsTheEffect) {
  Random random(7, 1);
  std::vector<Covariances<4>> arms(2);
  for (int i = 0; i < 20000; ++i) {
    const double before = random.normal();
    arms[i % 2].add({before * .9 + random.normal() * std::sqrt(.19) + (i % 2) * .1, 1, before, 1});
  }
  const Cuped adjusted = cuped(arms);
  EXPECT_NEAR(adjusted.theta, .9, .01);
  EXPECT_NEAR(adjusted.variance_removed, .81, .01);
  const Effect plain = absolute_difference(arms[0].moments(0), arms[1].moments(0));
  const Effect effect = absolute_difference(adjusted.arms[0], adjusted.arms[1]);
  EXPECT_NEAR(effect.standard_error / plain.standard_error, std::sqrt(.19), .01);
  EXPECT_NEAR(effect.value, .1, 3.5 * effect.standard_error);
}

TEST(Cuped, OfARatioRemovesWhatUsersClickedOnBefore) {
  Random random(8, 1);
  std::vector<Covariances<4>> arms(2);
  for (int i = 0; i < 8000; ++i) {
    const double rate = random.gamma(1) * .1;
    const auto clicks = [&] { return static_cast<double>(random.poisson(rate * 50)); };
    arms[i % 2].add({clicks(), 50, clicks(), 50});
  }
  const Cuped adjusted = cuped(arms);
  EXPECT_GT(adjusted.variance_removed, .6);
  EXPECT_NEAR(adjusted.arms[0].mean, .1, .003);
}

// `count` units, an even number, with these means of y and x; y is `apart` above or below its mean.
Covariances<4> stratum_of(int count, double y, double apart, double x = 1) {
  Covariances<4> stratum;
  for (int i = 0; i < count; ++i) stratum.add({y + (i % 2 ? apart : -apart), x, 0, 0});
  return stratum;
}

TEST(PostStratified, WeighsStrataByTheirShareOfAllUnits) {
  // The treatment has more of the stratum that clicks, and no effect within any.
  const PostStratified stratified =
      post_stratify({{stratum_of(300, 1, .3), stratum_of(100, 2, .3)},
                     {stratum_of(100, 1, .3), stratum_of(300, 2, .3)}});
  EXPECT_NEAR(stratified.arms[0].mean, 1.5, 1e-12);
  EXPECT_NEAR(stratified.arms[1].mean, 1.5, 1e-12);
  EXPECT_EQ(stratified.units_used, 1);
  EXPECT_NEAR(stratified.arms[0].variance_of_mean(), .25 * .09 / 299 + .25 * .09 / 99, 1e-12);
}

TEST(PostStratified, LeavesOutAStratumThatAnArmDoesNotHave) {
  const PostStratified stratified = post_stratify({{stratum_of(300, 1, .3), stratum_of(100, 9, .3)},
                                                   {stratum_of(100, 2, .3), stratum_of(0, 0, 0)}});
  EXPECT_NEAR(stratified.arms[0].mean, 1, 1e-12);
  EXPECT_NEAR(stratified.arms[1].mean, 2, 1e-12);
  EXPECT_EQ(stratified.units_used, .8);
  EXPECT_TRUE(
      std::isnan(post_stratify({{stratum_of(0, 0, 0)}, {stratum_of(8, 1, 1)}}).arms[0].mean));
}

TEST(PostStratified, OfARateWeighsClicksAndImpressionsAlike) {
  // 3 clicks on 10 impressions in one half of the users, and 2 on 40 in the other one.
  const PostStratified stratified =
      post_stratify({{stratum_of(200, 3, 1, 10), stratum_of(600, 2, 1, 40)},
                     {stratum_of(600, 3, 1, 10), stratum_of(200, 2, 1, 40)}});
  for (const ArmMoments& arm : stratified.arms) EXPECT_NEAR(arm.mean, 2.5 / 25, 1e-12);
}

TEST(PostStratified, OfARateCoversTheTruthWithANarrowerInterval) {
  int covered = 0, plain_covered = 0;
  double width = 0, plain_width = 0;
  constexpr int kExperiments = 400;
  for (int e = 0; e < kExperiments; ++e) {
    Random random(9, static_cast<uint64_t>(e));
    std::vector<Covariances<4>> arms(2);
    std::vector<std::vector<Covariances<4>>> strata(2, std::vector<Covariances<4>>(2));
    for (int u = 0; u < 1000; ++u) {
      const size_t arm = random.below(2), stratum = random.below(2);
      // A lift of 10% in both strata, of which one clicks five times as often.
      const double shown = 5 + static_cast<double>(random.below(10) + 10 * stratum);
      const double rate = (stratum ? .25 : .05) * (arm ? 1.1 : 1);
      const Covariances<4>::Row row = {static_cast<double>(random.poisson(shown * rate)), shown, 0,
                                       0};
      arms[arm].add(row);
      strata[arm][stratum].add(row);
    }
    const PostStratified stratified = post_stratify(strata);
    const Effect effect = relative_lift(stratified.arms[0], stratified.arms[1]);
    const Effect plain = relative_lift(ratio_moments(arms[0], 0, 1), ratio_moments(arms[1], 0, 1));
    covered += effect.low < .1 && .1 < effect.high;
    plain_covered += plain.low < .1 && .1 < plain.high;
    width += effect.high - effect.low;
    plain_width += plain.high - plain.low;
  }
  EXPECT_NEAR(covered, .95 * kExperiments, 3 * std::sqrt(.05 * .95 * kExperiments));
  EXPECT_NEAR(plain_covered, .95 * kExperiments, 3 * std::sqrt(.05 * .95 * kExperiments));
  EXPECT_LT(width, .9 * plain_width);
}

TEST(Plan, NeedsSixteenVariancesOverTheSquaredDifferenceInEachArm) {
  PlanInput plan;
  plan.base = .05;
  plan.variance = .05 * .95;
  plan.lift = .05;
  const double units = units_needed(plan);
  EXPECT_NEAR(units / 2, 15.7 * plan.variance / (.0025 * .0025), 400);
  EXPECT_NEAR(power_of(plan, units), .8, 1e-4);
  EXPECT_NEAR(detectable_lift(plan, units), .05, 1e-4);
  plan.design_effect = 2;
  EXPECT_NEAR(units_needed(plan), 2 * units, 2);
}

TEST(Plan, NeedsMoreUnitsWithSmallOrManyArms) {
  PlanInput plan;
  plan.base = .05;
  plan.variance = .05 * .95;
  plan.lift = .05;
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
  PlanInput plan;
  plan.base = .05;
  plan.variance = .05 * .95;
  plan.lift = .05;
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

TEST(Plan, HasNoNumbersWhereTheControlSaysNothing) {
  for (const auto& [base, variance] : {std::pair(0.0, 1.0), {NAN, NAN}, {0.0, 0.0}, {1.0, 0.0}}) {
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

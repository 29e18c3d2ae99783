#include "models/experiment/adjust.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/base/random.h"

namespace barker {
namespace {

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

}  // namespace
}  // namespace barker

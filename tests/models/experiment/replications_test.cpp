// Promises of the statistics, kept or broken over many simulated experiments. Each test simulates a
// few hundred; BARKER_REPLICATIONS=10000, as `./dev soak` sets it, makes the bounds narrow.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "models/base/random.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"
#include "models/experiment/statistics.h"

namespace barker {
namespace {

int replications() {
  const char* wanted = std::getenv("BARKER_REPLICATIONS");
  return wanted ? std::atoi(wanted) : 600;
}

// How far a share of all replications may be from what is promised: a percentage point, or what
// chance adds where there are few.
double allowance(double share) {
  return .01 +
         3 * std::sqrt(share * (1 - share) / replications()) * (replications() < 10000 ? 1 : 0);
}

// Impressions and clicks of one user. Click rates and numbers of impressions differ between users.
Covariances<2>::Row user(Random& random, double lift) {
  const auto shown = static_cast<double>(1 + random.poisson(10));
  const double rate = std::min(1.0, .05 * random.gamma(1) * (1 + lift));
  double clicks = 0;
  for (int i = 0; i < shown; ++i) clicks += random.chance(rate);
  return {clicks, shown};
}

TEST(Replications, TheTestByUserKeepsItsLevelAndTheOneByImpressionDoesNot) {
  double by_user = 0, by_impression = 0, covered = 0, lift_covered = 0;
  for (int r = 0; r < replications(); ++r) {
    Random random(mix_bits(static_cast<uint64_t>(r)), 11);
    Covariances<2> arms[3];  // the last one has a lift of a fifth
    for (int i = 0; i < 500; ++i) {
      for (int a = 0; a < 3; ++a) arms[a].add(user(random, a == 2 ? .2 : 0));
    }
    const ArmMoments a = ratio_moments(arms[0], 0, 1), b = ratio_moments(arms[1], 0, 1);
    const Effect difference = absolute_difference(a, b);
    by_user += difference.p < .05;
    covered += difference.low <= 0 && difference.high >= 0;
    by_impression +=
        two_proportion_z(arms[0].sum(0), arms[0].sum(1), arms[1].sum(0), arms[1].sum(1)).p < .05;
    const Effect lift = relative_lift(a, ratio_moments(arms[2], 0, 1));
    lift_covered += lift.low <= .2 && lift.high >= .2;
  }
  const double n = replications();
  std::cout << "by user " << by_user / n << ", by impression " << by_impression / n
            << ", difference covered " << covered / n << ", lift covered " << lift_covered / n
            << "\n";
  EXPECT_NEAR(by_user / n, .05, allowance(.05));
  EXPECT_NEAR(covered / n, .95, allowance(.05));
  EXPECT_NEAR(lift_covered / n, .95, allowance(.05));
  EXPECT_GT(by_impression / n, .1);
}

TEST(Replications, WhatIsValidAtAnyTimeKeepsItsPromiseWhenLookedAtAfterEveryBatch) {
  double usual = 0, sequence = 0, mixture = 0;
  for (int r = 0; r < replications(); ++r) {
    Random random(mix_bits(static_cast<uint64_t>(r)), 12);
    Covariances<2> arms[2];
    bool by_usual = false, by_sequence = false, by_mixture = false;
    for (int batch = 0; batch < 20; ++batch) {
      for (int i = 0; i < 100; ++i) {
        for (Covariances<2>& arm : arms) arm.add(user(random, 0));
      }
      const ArmMoments c = ratio_moments(arms[0], 0, 1), t = ratio_moments(arms[1], 0, 1);
      const Effect effect = absolute_difference(c, t);
      const Effect always = confidence_sequence(effect, c.units + t.units, 4000);
      by_usual |= effect.p < .05;
      by_sequence |= always.low > 0 || always.high < 0;
      by_mixture |= mixture_sprt_p(effect, .005) < .05;
    }
    usual += by_usual;
    sequence += by_sequence;
    mixture += by_mixture;
  }
  const double n = replications();
  std::cout << "looked at 20 times: usual test " << usual / n << ", sequence " << sequence / n
            << ", mixture " << mixture / n << "\n";
  EXPECT_GT(usual / n, .15);
  EXPECT_LT(sequence / n, .05 + allowance(.05) - .01);
  EXPECT_LT(mixture / n, .05 + allowance(.05) - .01);
}

TEST(Replications, SampleRatioAlarmsComeAtTheirLevel) {
  const double alpha = .01;
  double once = 0, at_some_look = 0, sequential = 0;
  for (int r = 0; r < replications(); ++r) {
    Random random(mix_bits(static_cast<uint64_t>(r)), 13);
    SequentialSampleRatio test({1, 1, 2});
    std::vector<double> counts(3);
    bool looked = false;
    double p = 1;
    for (int look = 0; look < 20; ++look) {
      for (int i = 0; i < 200; ++i) counts[std::min<uint64_t>(2, random.below(4))] += 1;
      p = sample_ratio_p(counts, {1, 1, 2});
      looked |= p < alpha;
      test.look(counts);
    }
    once += p < alpha;
    at_some_look += looked;
    sequential += test.p() < alpha;
  }
  const double n = replications();
  std::cout << "alarms at .01: chi-square " << once / n << ", chi-square at any of 20 looks "
            << at_some_look / n << ", sequential " << sequential / n << "\n";
  EXPECT_NEAR(once / n, alpha, allowance(alpha) / 2);
  EXPECT_LT(sequential / n, alpha + allowance(alpha) / 2);
  EXPECT_GT(at_some_look / n, 2 * alpha);
}

}  // namespace
}  // namespace barker

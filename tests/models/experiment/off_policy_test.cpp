// The value of a policy that did not run, against worlds whose truth is known.
#include "models/experiment/off_policy.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "models/base/random.h"

namespace barker {
namespace {

constexpr double kReward[] = {.1, .2, .6};  // of three actions, drawn uniformly
constexpr double kTarget[] = {.1, .2, .7};
constexpr double kTruth = .1 * .1 + .2 * .2 + .7 * .6;

LoggedAction drawn(Random& random, double wrong_prediction) {
  const size_t action = random.below(3);
  LoggedAction a;
  a.logged = 1.0 / 3;
  a.target = kTarget[action];
  a.reward = random.chance(kReward[action]);
  a.predicted = kReward[action] + wrong_prediction;
  a.predicted_policy = kTruth + wrong_prediction;
  return a;
}

OffPolicyLog single_actions(uint64_t seed, size_t rows, double wrong_prediction) {
  Random random(mix_bits(seed), 3);
  OffPolicyLog log;
  for (size_t i = 0; i < rows; ++i) {
    const LoggedAction a = drawn(random, wrong_prediction);
    log.add({&a, 1});
  }
  return log;
}

void expect_honest(int covered, int seeds) {
  EXPECT_GE(covered, .88 * seeds);  // 95% are expected; of 100 seeds with a deviation of 2.2
}

bool covers(const OffPolicyLog& log, PolicyEstimator estimator, double truth) {
  const Effect value = log.value(estimator).value;
  return value.low <= truth && truth <= value.high;
}

TEST(OffPolicy, IntervalsCoverTheTruthOverAHundredSeeds) {
  int page = 0, normalised = 0, robust = 0, robust_with_wrong_predictions = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const OffPolicyLog log = single_actions(seed, 2000, 0);
    const OffPolicyLog wrong = single_actions(seed + 100, 2000, .3);
    page += covers(log, PolicyEstimator::kPage, kTruth);
    normalised += covers(log, PolicyEstimator::kSelfNormalised, kTruth);
    robust += covers(log, PolicyEstimator::kDoublyRobust, kTruth);
    robust_with_wrong_predictions += covers(wrong, PolicyEstimator::kDoublyRobust, kTruth);
  }
  for (const int count : {page, normalised, robust, robust_with_wrong_predictions}) {
    expect_honest(count, 100);
  }
}

TEST(OffPolicy, CountsHowManySamplesTheWeightsAreWorth) {
  const OffPolicyLog log = single_actions(1, 30000, 0);
  const PolicyValue value = log.value(PolicyEstimator::kSelfNormalised);
  EXPECT_NEAR(value.mean_weight, 1, 4 * value.weight_error);
  // 1 / E[w^2] = 1 / (3 (.01 + .04 + .49))
  EXPECT_NEAR(value.effective_pages / 30000, 1 / 1.62, .02);
  EXPECT_LT(log.value(PolicyEstimator::kDoublyRobust).value.standard_error,
            log.value(PolicyEstimator::kPage).value.standard_error);
}

TEST(OffPolicy, EstimatorsOfPagesAgreeWhereAPageHasOneAction) {
  const OffPolicyLog log = single_actions(2, 500, 0);
  const double ips = log.value(PolicyEstimator::kPage).value.value;
  EXPECT_DOUBLE_EQ(log.value(PolicyEstimator::kCascade).value.value, ips);
  EXPECT_DOUBLE_EQ(log.value(PolicyEstimator::kPosition).value.value, ips);
  EXPECT_FALSE(log.has_several_positions());
}

// Pages of three positions. A user reads down and, after a click, goes on with the probability
// `goes_on`.
OffPolicyLog slates(uint64_t seed, size_t pages, double goes_on) {
  Random random(mix_bits(seed), 5);
  OffPolicyLog log;
  for (size_t i = 0; i < pages; ++i) {
    std::vector<LoggedAction> page;
    bool reads = true;
    for (int position = 0; position < 3; ++position) {
      page.push_back(drawn(random, 0));
      if (!reads) page.back().reward = 0;
      if (page.back().reward > 0) reads = random.chance(goes_on);
    }
    log.add(page);
  }
  return log;
}

// Clicks a page of the judged policy in that world.
double slate_truth(double goes_on) {
  double reads = 1, clicks = 0;
  for (int position = 0; position < 3; ++position) {
    clicks += reads * kTruth;
    reads *= 1 - kTruth * (1 - goes_on);
  }
  return clicks;
}

TEST(OffPolicy, ValuesOfPagesAreRightWhereTheirAssumptionHolds) {
  for (const double goes_on : {1.0, 0.0}) {
    int page = 0, cascade = 0, position = 0;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const OffPolicyLog log = slates(seed, 3000, goes_on);
      page += covers(log, PolicyEstimator::kPage, slate_truth(goes_on));
      cascade += covers(log, PolicyEstimator::kCascade, slate_truth(goes_on));
      position += covers(log, PolicyEstimator::kPosition, slate_truth(goes_on));
    }
    expect_honest(page, 100);
    expect_honest(cascade, 100);
    if (goes_on == 1) {
      expect_honest(position, 100);
    } else {
      EXPECT_LT(position, 20) << "a reader who stops makes positions depend on each other";
    }
  }
}

TEST(OffPolicy, WhatAssumesMoreIsMoreSure) {
  const OffPolicyLog log = slates(7, 5000, 1);
  const PolicyValue page = log.value(PolicyEstimator::kPage);
  const PolicyValue cascade = log.value(PolicyEstimator::kCascade);
  const PolicyValue position = log.value(PolicyEstimator::kPosition);
  EXPECT_LT(position.value.standard_error, cascade.value.standard_error);
  EXPECT_LT(cascade.value.standard_error, page.value.standard_error);
  EXPECT_LT(page.effective_pages, cascade.effective_pages);
  EXPECT_LT(cascade.effective_pages, position.effective_pages);
  EXPECT_LE(position.effective_pages, static_cast<double>(log.pages()));
}

// Two positions take two of three actions, none twice: the judged policy shows action 2 first and
// then one of the others, the logging policy draws both at random. A reward depends on its action
// alone.
TEST(OffPolicy, ValuesOfPositionsNeedTheProbabilityWhateverStandsAbove) {
  const double truth = kReward[2] + (kReward[0] + kReward[1]) / 2;
  int right = 0, wrong = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(mix_bits(seed), 7);
    OffPolicyLog with, without;
    for (int i = 0; i < 2000; ++i) {
      const size_t first = random.below(3);
      const size_t second = (first + 1 + random.below(2)) % 3;
      LoggedAction page[2];
      page[0].logged = 1.0 / 3;
      page[0].target = first == 2;
      page[1].logged = page[1].target = .5;
      page[0].reward = random.chance(kReward[first]);
      page[1].reward = random.chance(kReward[second]);
      without.add(page);
      for (LoggedAction& action : page) action.logged_position = 1.0 / 3;
      page[0].target_position = page[0].target;
      page[1].target_position = second == 2 ? 0 : .5;
      with.add(page);
    }
    right += covers(with, PolicyEstimator::kPosition, truth);
    wrong += covers(without, PolicyEstimator::kPosition, truth);
  }
  expect_honest(right, 100);
  EXPECT_LT(wrong, 50);
}

// A user whose pages all go the same way is worth one page and not many.
TEST(OffPolicy, IntervalsRestOnUsersWhereTheyAreTold) {
  constexpr int kUsers = 500, kPagesOfEach = 9;
  Random random(mix_bits(1), 8);
  OffPolicyLog once, by_page, by_user;
  for (uint64_t user = 0; user < kUsers; ++user) {
    const LoggedAction a = drawn(random, 0);
    once.add({&a, 1});
    for (int i = 0; i < kPagesOfEach; ++i) {
      by_page.add({&a, 1});
      by_user.add({&a, 1}, user);
    }
  }
  by_user.end_users();
  for (const PolicyEstimator estimator : kPolicyEstimators) {
    const Effect value = by_user.value(estimator).value;
    EXPECT_NEAR(value.value, once.value(estimator).value.value, 1e-12);
    EXPECT_NEAR(value.standard_error, once.value(estimator).value.standard_error, 1e-12);
    EXPECT_LT(by_page.value(estimator).value.standard_error, value.standard_error / 2);
  }
  EXPECT_NEAR(by_user.logged().standard_error, once.logged().standard_error, 1e-12);
  EXPECT_EQ(by_user.pages(), uint64_t{kUsers} * kPagesOfEach);
  EXPECT_NEAR(by_user.value(PolicyEstimator::kPage).effective_pages,
              by_page.value(PolicyEstimator::kPage).effective_pages, 1e-6);
}

}  // namespace
}  // namespace barker

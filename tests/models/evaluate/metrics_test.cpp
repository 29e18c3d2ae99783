#include "models/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace barker {
namespace {

double auc_by_pairs(const std::vector<float>& scores, const std::vector<uint8_t>& clicked) {
  double good = 0, all = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t j = 0; j < scores.size(); ++j) {
      if (!clicked[i] || clicked[j]) continue;
      good += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      all += 1;
    }
  }
  return good / all;
}

TEST(Auc, CountsOrderedPairsAndHalfOfTheTies) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> scores(80);
    std::vector<uint8_t> clicked(80);
    for (size_t i = 0; i < 80; ++i) {
      scores[i] = static_cast<float>(random() % 12);
      clicked[i] = i < 2 ? i : random() % 3 == 0;
    }
    EXPECT_NEAR(auc(scores, clicked), auc_by_pairs(scores, clicked), 1e-12);
  }
}

TEST(Auc, DependsOnlyOnTheOrderOfTheScores) {
  const std::vector<float> scores = {.1f, .9f, .4f, .6f};
  const std::vector<uint8_t> clicked = {0, 1, 1, 0};
  std::vector<float> bent;
  for (const float s : scores) bent.push_back(std::exp(5 * s));
  EXPECT_EQ(auc(scores, clicked), auc(bent, clicked));
}

TEST(Auc, IsNotANumberIfAScoreIsNone) {
  std::vector<float> scores(1000, NAN);
  std::vector<uint8_t> clicked(1000);
  for (size_t i = 0; i < clicked.size(); ++i) clicked[i] = i % 2;
  EXPECT_TRUE(std::isnan(auc(scores, clicked))) << "all scores are NaN";
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(i);
  EXPECT_FALSE(std::isnan(auc(scores, clicked)));
  for (const size_t at : {0, 500, 999}) {
    const float kept = scores[at];
    scores[at] = NAN;
    EXPECT_TRUE(std::isnan(auc(scores, clicked))) << "score " << at << " is NaN";
    scores[at] = kept;
  }
}

TEST(Auc, IsNotANumberWithOneClass) {
  EXPECT_TRUE(std::isnan(auc(std::vector<float>{1, 2}, std::vector<uint8_t>{1, 1})));
}

TEST(AucByUser, GivesAnIntervalAroundTheValueThatDependsOnTheSeedOnly) {
  std::mt19937 random(2);
  std::vector<float> scores;
  std::vector<uint8_t> clicked;
  std::vector<uint32_t> users;
  for (int i = 0; i < 3000; ++i) {
    clicked.push_back(random() % 2);
    scores.push_back(static_cast<float>(random() % 1000) + 300.0f * clicked.back());
    users.push_back(static_cast<uint32_t>(random() % 200));
  }
  const Interval a = auc_by_user(scores, clicked, users, 500, 200, 7);
  const Interval b = auc_by_user(scores, clicked, users, 500, 200, 7);
  EXPECT_LT(a.low, a.value);
  EXPECT_GT(a.high, a.value);
  EXPECT_LT(a.high - a.low, 0.1);
  EXPECT_EQ(a.low, b.low);
  const Interval none = auc_difference_by_user(scores, scores, clicked, users, 500, 50, 7);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 0);
}

// All draws of users that have the only click have it at the same rank.
TEST(AucByUser, GivesNoIntervalWhereFewUsersClickedOrLeftSomething) {
  constexpr uint32_t kUsers = 60;
  std::vector<float> scores;
  std::vector<uint32_t> users;
  for (uint32_t i = 0; i < 10 * kUsers; ++i) {
    scores.push_back(static_cast<float>(i * 37 % 101));
    users.push_back(i % kUsers);
  }
  for (const uint32_t clicking : {1u, kLeastUsersOfClass - 1, kLeastUsersOfClass}) {
    for (const uint8_t rare : {1, 0}) {
      std::vector<uint8_t> clicked(scores.size(), 1 - rare);
      for (size_t i = 0; i < clicked.size(); ++i) {
        if (users[i] < clicking && i < 5 * size_t{kUsers}) clicked[i] = rare;
      }
      const bool is_known = clicking == kLeastUsersOfClass;
      for (const Interval& i :
           {auc_by_user(scores, clicked, users, kUsers, 50, 1),
            auc_difference_by_user(scores, scores, clicked, users, kUsers, 50, 1)}) {
        EXPECT_TRUE(std::isfinite(i.value));
        EXPECT_EQ(std::isfinite(i.low), is_known) << clicking << " users, class " << int{rare};
        EXPECT_EQ(std::isfinite(i.high), is_known);
      }
      EXPECT_EQ(too_few_for_interval(clicked, users, kUsers),
                is_known    ? ""
                : rare == 1 ? "fewer than 10 users who clicked"
                            : "fewer than 10 users who saw something that they did not click");
    }
  }
}

// A resample may leave out the user with the NaN, but the interval of an unknown value is not
// known.
TEST(Bootstrap, GivesNoIntervalIfAScoreIsNotANumber) {
  std::vector<float> scores, broken;
  std::vector<uint8_t> clicked;
  std::vector<uint32_t> users;
  for (uint32_t i = 0; i < 200; ++i) {
    scores.push_back(static_cast<float>(i % 7));
    clicked.push_back(i % 3 == 0);
    users.push_back(i / 10);
  }
  broken = scores;
  broken[5] = NAN;
  for (const Interval& i : {auc_by_user(broken, clicked, users, 20, 50, 1),
                            auc_difference_by_user(broken, scores, clicked, users, 20, 50, 1),
                            auc_difference_by_user(scores, broken, clicked, users, 20, 50, 1),
                            mean_by_user(broken, users, 20, 50, 1)}) {
    EXPECT_TRUE(std::isnan(i.value));
    EXPECT_TRUE(std::isnan(i.low));
    EXPECT_TRUE(std::isnan(i.high));
  }
}

TEST(Bootstrap, OfNoInstancesGivesNoNumbers) {
  const Interval i = auc_by_user({}, {}, {}, 5, 50, 1);
  EXPECT_TRUE(std::isnan(i.value));
  EXPECT_TRUE(std::isnan(i.low));
  EXPECT_TRUE(std::isnan(mean_by_user({}, {}, 0, 50, 1).value));
}

}  // namespace
}  // namespace barker

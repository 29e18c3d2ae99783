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

TEST(Auc, CountsOrderedPairsWithTiesHalf) {
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

TEST(Auc, IsBlindToMonotoneTransforms) {
  const std::vector<float> scores = {.1f, .9f, .4f, .6f};
  const std::vector<uint8_t> clicked = {0, 1, 1, 0};
  std::vector<float> bent;
  for (const float s : scores) bent.push_back(std::exp(5 * s));
  EXPECT_EQ(auc(scores, clicked), auc(bent, clicked));
}

TEST(Auc, IsNotANumberWithOneClass) {
  EXPECT_TRUE(std::isnan(auc(std::vector<float>{1, 2}, std::vector<uint8_t>{1, 1})));
}

TEST(AucByUser, IntervalHoldsTheValueAndIsDeterministic) {
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

}  // namespace
}  // namespace barker

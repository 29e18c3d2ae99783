#include "scoring/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace barker {
namespace {

TEST(AdScore, IsAProductOfPowers) {
  EXPECT_DOUBLE_EQ(ad_score(2, 0.5, 3, {2, 1, 1}), 6);
  EXPECT_DOUBLE_EQ(ad_score(0, 0, 0, {0, 0, 0}), 1);
  EXPECT_DOUBLE_EQ(ad_score(0, 0.5, 3, {1, 1, 1}), 0);
}

TEST(OrderByScore, KeepsTheFirstPassOrderOfEqualScores) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<double> scores(random() % 60);
    for (double& score : scores) score = static_cast<double>(random() % 5);
    std::vector<uint32_t> order(scores.size());
    order_by_score(scores, order);
    for (size_t k = 1; k < order.size(); ++k) {
      EXPECT_TRUE(scores[order[k - 1]] > scores[order[k]] ||
                  (scores[order[k - 1]] == scores[order[k]] && order[k - 1] < order[k]));
    }
    std::sort(order.begin(), order.end());
    for (uint32_t k = 0; k < order.size(); ++k) EXPECT_EQ(order[k], k);
  }
}

}  // namespace
}  // namespace barker

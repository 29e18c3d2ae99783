#include "plugin/serving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace barker {
namespace {

TEST(CanaryShares, AreSharesOfWhateverIdsUsersHave) {
  for (const double served : {0.01, 0.2, 0.5, 0.99}) {
    const CanaryShares shares{served, 0, 17};
    constexpr int kUsers = 100'000;
    int numbers = 0, words = 0;
    for (int i = 0; i < kUsers; ++i) {
      numbers += shares.serves(std::to_string(i));
      words += shares.serves("user-" + std::string(static_cast<size_t>(i % 40), 'x') +
                             std::to_string(i));
    }
    const double five_sigma = 5 * std::sqrt(kUsers * served * (1 - served));
    EXPECT_NEAR(numbers, kUsers * served, five_sigma);
    EXPECT_NEAR(words, kUsers * served, five_sigma);
  }
}

TEST(LatencyHistogram, GivesQuantilesWithinAnEighthFromAbove) {
  std::mt19937_64 random(1);
  for (const uint64_t scale : {uint64_t{5}, uint64_t{300}, uint64_t{100'000}, uint64_t{1} << 40}) {
    LatencyHistogram histogram;
    EXPECT_EQ(histogram.quantile(0.5), 0u);
    std::vector<uint64_t> all;
    for (int i = 0; i < 5000; ++i) {
      all.push_back(random() % scale);
      histogram.add(all.back());
    }
    std::ranges::sort(all);
    for (const double q : {0.01, 0.5, 0.9, 0.99, 1.0}) {
      const uint64_t exact = all[static_cast<size_t>(std::ceil(q * 5000)) - 1];
      EXPECT_GE(histogram.quantile(q), exact);
      EXPECT_LE(static_cast<double>(histogram.quantile(q)), static_cast<double>(exact) * 1.125 + 1);
    }
  }
  LatencyHistogram longest;
  longest.add(~uint64_t{0});
  EXPECT_EQ(longest.quantile(0.5), ~uint64_t{0});
}

}  // namespace
}  // namespace barker

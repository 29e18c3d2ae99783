#include "scoring/history_match.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace barker {
namespace {

TEST(HistoryMatch, GivesEachRowItsShareOfTheWeightsOfTheHistory) {
  std::mt19937 random(3);
  HistoryMatch match;
  match.reserve(40);
  for (int round = 0; round < 500; ++round) {
    std::vector<uint32_t> rows(random() % 41);
    std::vector<float> weights(rows.size());
    // Rows a multiple of 2^20 apart, so that many fall into one slot.
    for (uint32_t& row : rows) row = static_cast<uint32_t>(random() % 30) << 20;
    for (float& weight : weights) weight = static_cast<float>(random() % 4);
    const bool is_weighted = round % 2 == 1;
    match.set({rows.data(), is_weighted ? weights.data() : nullptr, rows.size()});
    double total = 0;
    for (size_t i = 0; i < rows.size(); ++i) total += is_weighted ? weights[i] : 1.0;
    for (uint32_t v = 0; v < 30; ++v) {
      double sum = 0;
      bool is_in_history = false;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] != v << 20) continue;
        is_in_history = true;
        sum += is_weighted ? weights[i] : 1.0;
      }
      const std::optional<float> share = match.share(v << 20);
      ASSERT_EQ(share.has_value(), is_in_history) << round << " " << v;
      if (share) {
        EXPECT_NEAR(*share, total > 0 ? sum / total : 0, 1e-6);
      }
    }
  }
}

TEST(HistoryMatch, HoldsAsManyDifferentRowsAsItReservedRoomFor) {
  for (const size_t most : {1, 3, 200, 65536}) {
    HistoryMatch match;
    match.reserve(most);
    std::vector<uint32_t> rows(most);
    std::iota(rows.begin(), rows.end(), 7u);
    match.set({rows.data(), nullptr, rows.size()});
    EXPECT_TRUE(match.share(7 + static_cast<uint32_t>(most) - 1)) << most;
    EXPECT_FALSE(match.share(7 + static_cast<uint32_t>(most))) << most;
  }
}

TEST(HistoryMatch, ForgetsTheHistoryOfTheQueryBefore) {
  HistoryMatch match;
  match.reserve(4);
  const std::vector<uint32_t> rows = {5, 5, 6};
  match.set({rows.data(), nullptr, rows.size()});
  EXPECT_FLOAT_EQ(match.share(5).value(), 2.0f / 3);
  match.set({});
  EXPECT_FALSE(match.share(5));
  match.set({rows.data() + 2, nullptr, 1});
  EXPECT_FALSE(match.share(5));
  EXPECT_FLOAT_EQ(match.share(6).value(), 1);
  match.reserve(4);
  EXPECT_FALSE(match.share(6));
}

}  // namespace
}  // namespace barker

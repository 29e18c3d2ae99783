#include "scoring/history_match.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace barker {
namespace {

TEST(HistoryMatch, GivesEachRowItsShareOfTheHistoryAndSaysHowLongAgoItWas) {
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
      double sum = 0, last = 0, faded = 0;
      bool is_in_history = false;
      for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] != v << 20) continue;
        if (!is_in_history) last = 1 / (1 + static_cast<double>(i));
        is_in_history = true;
        faded += std::exp(-static_cast<double>(i) / 20);
        sum += is_weighted ? weights[i] : 1.0;
      }
      const HistoryMatch::Entry* const entry = match.entry(v << 20);
      ASSERT_EQ(entry != nullptr, is_in_history) << round << " " << v;
      if (!entry) continue;
      EXPECT_NEAR(entry->share, total > 0 ? sum / total : 0, 1e-6);
      EXPECT_NEAR(entry->last, last, 1e-7);
      EXPECT_NEAR(entry->faded, faded, 1e-5);
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
    EXPECT_TRUE(match.entry(7 + static_cast<uint32_t>(most) - 1)) << most;
    EXPECT_FALSE(match.entry(7 + static_cast<uint32_t>(most))) << most;
  }
}

TEST(HistoryMatch, ForgetsTheHistoryOfTheQueryBefore) {
  HistoryMatch match;
  match.reserve(4);
  const std::vector<uint32_t> rows = {5, 5, 6};
  match.set({rows.data(), nullptr, rows.size()});
  ASSERT_NE(match.entry(5), nullptr);
  EXPECT_FLOAT_EQ(match.entry(5)->share, 2.0f / 3);
  match.set({});
  EXPECT_FALSE(match.entry(5));
  match.set({rows.data() + 2, nullptr, 1});
  EXPECT_FALSE(match.entry(5));
  ASSERT_NE(match.entry(6), nullptr);
  EXPECT_FLOAT_EQ(match.entry(6)->share, 1);
  match.reserve(4);
  EXPECT_FALSE(match.entry(6));
}

}  // namespace
}  // namespace barker

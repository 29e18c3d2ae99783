#include "models/baselines/metaheuristics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

const Box kBox = {{-1, 0, -5}, {1, 4, 5}};

// Its least value is 0, at (.5, 1, -2).
double bowl(const std::vector<double>& x) {
  return std::pow(x[0] - 0.5, 2) + std::pow(x[1] - 1, 2) + std::pow(x[2] + 2, 2);
}

using Search = std::vector<double> (*)(const Box&, const Objective&, const SearchBudget&, uint64_t);
const Search kSearches[] = {differential_evolution, particle_swarm, bat_algorithm};

TEST(Metaheuristics, FindTheBottomOfABowl) {
  for (const Search search : kSearches) {
    EXPECT_LT(bowl(search(kBox, bowl, {20, 80}, 1)), 0.05);
    EXPECT_GT(bowl(search(kBox, bowl, {5, 1}, 1)), 0.05) << "with hardly any calls";
  }
}

TEST(Metaheuristics, StayInTheBoxAndInTheirBudget) {
  for (const Search search : kSearches) {
    size_t calls = 0;
    const auto point = search(
        kBox,
        [&](const std::vector<double>& x) {
          ++calls;
          for (size_t i = 0; i < x.size(); ++i) {
            EXPECT_GE(x[i], kBox.low[i]);
            EXPECT_LE(x[i], kBox.high[i]);
          }
          return x[0] + x[1] + x[2];  // falls beyond the box, too
        },
        {10, 20}, 3);
    EXPECT_LE(calls, 10u * 21);
    EXPECT_GE(calls, 10u * 20);
    EXPECT_EQ(point.size(), 3u);
  }
}

TEST(Metaheuristics, GiveEqualPointsForEqualSeeds) {
  for (const Search search : kSearches) {
    EXPECT_EQ(search(kBox, bowl, {6, 3}, 7), search(kBox, bowl, {6, 3}, 7));
    EXPECT_NE(search(kBox, bowl, {6, 3}, 7), search(kBox, bowl, {6, 3}, 8));
  }
}

}  // namespace
}  // namespace barker

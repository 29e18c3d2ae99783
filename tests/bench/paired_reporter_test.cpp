#include "bench/paired_reporter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

TEST(MedianRatio, IsOfTheSameRepetitions) {
  // The machine became three times slower after the first repetition. The ratio is 2 throughout.
  EXPECT_EQ(median_ratio({{0, 2.0}, {1, 6.0}, {2, 6.0}}, {{0, 1.0}, {1, 3.0}, {2, 3.0}}), 2);
}

TEST(MedianRatio, IsTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(median_ratio({{0, 1.0}, {1, 2.0}, {2, 4.0}, {3, 100.0}},
                         {{0, 1.0}, {1, 1.0}, {2, 1.0}, {3, 1.0}}),
            3);
}

TEST(MedianRatio, LeavesOutRepetitionsThatOneOfTheTwoLacks) {
  EXPECT_EQ(median_ratio({{0, 50.0}, {1, 2.0}}, {{1, 1.0}, {2, 1.0}}), 2);
}

TEST(MedianRatio, IsNoNumberWithoutACommonRepetition) {
  EXPECT_TRUE(std::isnan(median_ratio({{0, 1.0}}, {{1, 1.0}})));
}

}  // namespace
}  // namespace barker

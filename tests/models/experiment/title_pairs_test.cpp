#include "models/experiment/title_pairs.h"

#include <gtest/gtest.h>

#include "models/base/random.h"

namespace barker {
namespace {

TEST(PairZ, IsTheTwoProportionZWithTheSignOfTheSecondTitle) {
  const std::vector<TestedTitle> titles = {{"t", "", "a", 1, 1000, 30},
                                           {"t", "", "b", 1, 1200, 60},
                                           {"t", "", "c", 1, 900, 0},
                                           {"t", "", "d", 1, 900, 0}};
  const std::vector<double> z = pair_z(titles, {{0, 1, 0}, {1, 0, 0}, {2, 3, 0}});
  EXPECT_GT(z[0], 0);
  EXPECT_EQ(z[1], -z[0]);
  EXPECT_EQ(z[2], 0);
  EXPECT_NEAR(two_sided_normal_p(z[0]), two_proportion_z(30, 1000, 60, 1200).p, 1e-12);
}

TEST(PairHits, AreOneZeroOrAHalfAndUnknownWithoutAnOrder) {
  const std::vector<TitlePair> pairs = {{0, 1, 0}, {1, 2, 0}, {0, 2, 0}, {2, 3, 0}};
  const std::vector<double> scores = {1, 2, 0, 0}, z = {3, 3, 0, 1};
  const std::vector<double> hits = pair_hits(pairs, z, scores);
  EXPECT_EQ(hits[0], 1);
  EXPECT_EQ(hits[1], 0);
  EXPECT_TRUE(std::isnan(hits[2]));
  EXPECT_EQ(hits[3], .5);
}

TEST(MeanByTest, CountsOnlySurePairsAndIsTheirMean) {
  const std::vector<TitlePair> pairs = {{0, 1, 0}, {0, 2, 0}, {3, 4, 1}, {5, 6, 2}};
  const std::vector<double> z = {3, -2.5, 2, 1}, values = {1, 0, 1, 0};
  const PairMean sure = mean_by_test(pairs, z, values, 1.96);
  EXPECT_EQ(sure.pairs, 3u);
  EXPECT_EQ(sure.tests, 2u);
  EXPECT_NEAR(sure.mean.value, 2.0 / 3, 1e-12);
  EXPECT_EQ(mean_by_test(pairs, z, values, 0).pairs, 4u);
}

// 10 pairs of one test always agree here, so that 40 tests say as much as 40 pairs and not as 400.
TEST(MeanByTest, HasAnIntervalAsWideAsTheNumberOfTestsAllows) {
  Random random(5, 1);
  std::vector<TitlePair> pairs;
  std::vector<double> z, values;
  for (uint32_t test = 0; test < 40; ++test) {
    const double value = random.chance(.5) ? 1 : 0;
    for (int i = 0; i < 10; ++i) {
      pairs.push_back({0, 1, test});
      z.push_back(3);
      values.push_back(value);
    }
  }
  const Effect mean = mean_by_test(pairs, z, values, 0).mean;
  EXPECT_GT(mean.high - mean.low, .28);  // of 40 units; 400 would have .10
  EXPECT_LT(mean.high - mean.low, .36);
}

}  // namespace
}  // namespace barker

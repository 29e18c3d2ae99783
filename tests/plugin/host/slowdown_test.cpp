// Many probations are simulated, to count how often the test of speed takes weights for slow that
// are not, and how often it finds those that are.
#include "plugin/host/slowdown.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <random>

#include "tests/repetitions.h"

namespace barker {
namespace {

// A plugin counts times in ranges of an eighth of an octave. This is the number of such a range.
size_t range_of(double time) {
  const auto ns = static_cast<uint64_t>(time);
  if (ns < 8) return ns;
  const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 4;
  return (size_t{shift} + 1) * 8 + (ns >> shift) - 8;
}

barker_latencies limits_of(size_t range) {
  if (range < 8) return {range, range, 0};
  const size_t shift = range / 8 - 1;
  const uint64_t from = uint64_t{range % 8 + 8} << shift;
  return {from, from + (uint64_t{1} << shift) - 1, 0};
}

// Many times are drawn from one distribution and multiplied by a factor. They are kept as the
// numbers of their ranges.
class Times {
 public:
  Times(const std::function<double(std::mt19937_64&)>& draw, double factor) {
    std::mt19937_64 random(11);
    for (uint16_t& range : ranges_) range = static_cast<uint16_t>(range_of(factor * draw(random)));
  }
  uint16_t draw(std::mt19937_64& random) const { return ranges_[random() % ranges_.size()]; }

 private:
  std::array<uint16_t, 1 << 16> ranges_;
};

class Counts {
 public:
  void add(const Times& times, int queries, std::mt19937_64& random) {
    for (int i = 0; i < queries; ++i) ++counts_[times.draw(random)];
  }
  Latencies latencies(uint64_t generation) const {
    Latencies all{generation, {}};
    for (size_t range = 0; range < counts_.size(); ++range) {
      if (counts_[range] == 0) continue;
      all.ranges.push_back(limits_of(range));
      all.ranges.back().queries = counts_[range];
    }
    return all;
  }

 private:
  std::array<uint64_t, 512> counts_{};
};

// These are like the times of queries, which take a few hundred microseconds.
double lognormal(std::mt19937_64& random) {
  return 3e5 * std::exp(0.4 * std::normal_distribution<double>()(random));
}
// These have no variance: the longest of 20,000 is about 4,000 times as long as the shortest.
double heavy_tailed(std::mt19937_64& random) {
  return 1e5 * std::pow(1 - std::uniform_real_distribution<double>()(random), -1 / 1.2);
}
// There are only three times, so that the p99 is one that 9.5% of the queries take.
double tied(std::mt19937_64& random) {
  const double u = std::uniform_real_distribution<double>()(random);
  return u < 0.9 ? 1e5 : u < 0.995 ? 2e5 : 9e5;
}

using Draw = double (*)(std::mt19937_64&);

struct Probations {
  Draw draw;
  double ratio = 4;
  double slower = 4;  // what the new times are multiplied by
  int old_queries = 20'000, new_queries = 20'000;
  int looks = 40;
  int repetitions = kIsSanitized ? 50 : 1000;
};

// The share of the probations in which any look sees weights that are too slow.
double share_shown(const Probations& p) {
  const Times old_times(p.draw, 1), new_times(p.draw, p.slower);
  std::mt19937_64 random(5);
  int shown = 0;
  for (int i = 0; i < p.repetitions; ++i) {
    Counts before, now;
    before.add(old_times, p.old_queries, random);
    const Latencies old = before.latencies(1);
    for (int look = 0; look < p.looks; ++look) {
      now.add(new_times, p.new_queries / p.looks, random);
      const auto test = slowdown(old, now.latencies(2), p.ratio);
      if (!test || !test->is_shown()) continue;
      ++shown;
      break;
    }
  }
  return static_cast<double>(shown) / p.repetitions;
}

// The share of false alarms may be above the level by three of its standard errors.
double most_alarms(int repetitions) {
  return kSlowdownLevel + 3 * std::sqrt(kSlowdownLevel * (1 - kSlowdownLevel) / repetitions);
}

class SlowdownOf : public testing::TestWithParam<Draw> {};

INSTANTIATE_TEST_SUITE_P(Times, SlowdownOf, testing::Values(&lognormal, &heavy_tailed, &tied));

TEST_P(SlowdownOf, IsShownAtItsLevelAtMostHoweverOftenOneLooks) {
  for (const double ratio : {1.0, 2.0, 4.0}) {
    for (const int old_queries : {2000, 20'000}) {
      const Probations p{
          .draw = GetParam(), .ratio = ratio, .slower = ratio, .old_queries = old_queries};
      EXPECT_LE(share_shown(p), most_alarms(p.repetitions)) << ratio << ", " << old_queries;
    }
  }
}

TEST_P(SlowdownOf, IsAlmostNeverShownOfWeightsAsFastAsBefore) {
  EXPECT_EQ(share_shown({.draw = GetParam(), .ratio = 4, .slower = 1}), 0);
}

TEST_P(SlowdownOf, IsShownWhereItIsReal) {
  for (const int old_queries : {2000, 20'000}) {
    const Probations p{.draw = GetParam(),
                       .ratio = 2,
                       .slower = 6,
                       .old_queries = old_queries,
                       .repetitions = 100};
    EXPECT_GE(share_shown(p), 0.95) << old_queries;
  }
}

// The mean of the evidence is exactly 1 at every number of queries if the null hypothesis holds
// with equality and no range hides an order. The test of speed keeps its level because of that.
TEST(Slowdown, HasEvidenceWithAMeanOfOneWhereNothingIsSlower) {
  constexpr int kQueries = 2000;
  std::mt19937_64 random(9);
  double sum = 0;
  const int repetitions = kIsSanitized ? 200 : 4000;
  for (int i = 0; i < repetitions; ++i) {
    // Only ranks matter, so that times may be uniform. The new times that are longer than the k-th
    // longest old one are counted.
    std::vector<double> old(kQueries);
    for (double& time : old) time = std::uniform_real_distribution<double>()(random);
    std::ranges::nth_element(old, old.end() - 20);
    const double threshold = *(old.end() - 20);
    const int longer = std::binomial_distribution<int>(kQueries, 1 - threshold)(random);
    const Latencies before{1, {{1, 1, kQueries - 20}, {3, 3, 20}}};
    Latencies now{2, {{1, 1, static_cast<uint64_t>(kQueries - longer)}}};
    if (longer > 0) now.ranges.push_back({4, 4, static_cast<uint64_t>(longer)});
    const auto test = slowdown(before, now, 1);
    ASSERT_TRUE(test);
    EXPECT_EQ(test->longer, static_cast<uint64_t>(longer));
    sum += std::exp(test->log_evidence[0]);
  }
  EXPECT_NEAR(sum / repetitions, 1, 0.15);
}

TEST(Slowdown, IsNotTestedWithTooFewQueriesOfEitherSide) {
  const Latencies few{1, {{5, 5, kFewestTimed - 1}}}, enough{2, {{5, 5, kFewestTimed}}};
  EXPECT_FALSE(slowdown(few, enough, 1));
  EXPECT_FALSE(slowdown(enough, few, 1));
  ASSERT_TRUE(slowdown(enough, enough, 1));
  EXPECT_EQ(slowdown(enough, enough, 1)->longer, 0u) << "a tie is not longer";
}

TEST(Slowdown, CountsRangesThatLieBehindTheThresholdAsAWhole) {
  const Latencies before{1, {{10, 19, 5000}}};
  const Latencies now{2, {{30, 38, 1000}, {39, 50, 1000}}};
  ASSERT_TRUE(slowdown(before, now, 2));
  EXPECT_EQ(slowdown(before, now, 2)->least_p99_ns, 19u);
  EXPECT_EQ(slowdown(before, now, 2)->greatest_p99_ns, 19u);
  EXPECT_EQ(slowdown(before, now, 2)->longer, 1000u);
}

// Canary and serving weights slow down together, as under a load, which is no fault of the canary.
TEST(SideBySide, KeepsItsLevelWhileTheLoadChangesAndSeesACanaryThatIsSlow) {
  const int repetitions = kIsSanitized ? 20 : 300;
  constexpr double kLoads[] = {1, 3, 10, 2};
  const auto share = [&](double slower) {
    std::vector<Times> serving_times, canary_times;
    for (const double load : kLoads) {
      serving_times.emplace_back(&lognormal, load);
      canary_times.emplace_back(&lognormal, load * slower);
    }
    std::mt19937_64 random(3);
    int shown = 0;
    for (int i = 0; i < repetitions; ++i) {
      Counts serving, canary;
      SideBySide test;
      bool is_shown = false;
      for (int look = 0; look < 40 && !is_shown; ++look) {
        serving.add(serving_times[static_cast<size_t>(look / 10)], 2000, random);
        canary.add(canary_times[static_cast<size_t>(look / 10)], 500, random);
        test.add(serving.latencies(1), canary.latencies(2), 2);
        is_shown = test.so_far().is_shown();
      }
      shown += is_shown;
    }
    return static_cast<double>(shown) / repetitions;
  };
  EXPECT_LE(share(2), most_alarms(repetitions));
  EXPECT_GE(share(5), 0.95);
}

// The numbers of a verdict are all of the same queries: those of every comparison.
TEST(SideBySide, CountsAllComparisonsAndTellsBetweenWhichP99sTheyWere) {
  SideBySide test;
  test.add({1, {}}, {2, {}}, 2);
  test.add({1, {{10, 19, 5000}}}, {2, {{39, 50, 2000}}}, 2);
  EXPECT_EQ(test.so_far().least_p99_ns, 19u);
  EXPECT_EQ(test.so_far().greatest_p99_ns, 19u);
  test.add({1, {{10, 19, 5000}, {50, 60, 5000}}}, {2, {{39, 50, 5000}}}, 2);
  EXPECT_EQ(test.so_far().least_p99_ns, 19u);
  EXPECT_EQ(test.so_far().greatest_p99_ns, 60u);
  EXPECT_EQ(test.so_far().longer, 2000u);
  EXPECT_EQ(test.so_far().queries, 5000u);
}

TEST(SideBySide, BeginsAnewWithOtherGenerations) {
  const Latencies serving{1, {{100, 110, 10'000}}};
  const auto canary = [](uint64_t generation, uint64_t queries) {
    return Latencies{generation, {{900, 910, queries}}};
  };
  SideBySide test;
  test.add({1, {}}, canary(2, 0), 2);
  test.add(serving, canary(2, 5000), 2);
  EXPECT_TRUE(test.so_far().is_shown());
  test.add(serving, canary(3, 5000), 2);
  EXPECT_FALSE(test.so_far().is_shown());
  EXPECT_EQ(test.so_far().queries, 0u);
}

}  // namespace
}  // namespace barker

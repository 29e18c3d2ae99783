#include "models/base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace barker {
namespace {

// The numbers of the authors' own implementation for the start 1234567.
TEST(NextRandom, IsSplitmix64) {
  uint64_t state = 1234567;
  for (const uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                  4593380528125082431u, 16408922859458223821u}) {
    EXPECT_EQ(next_random(state), expected);
  }
}

TEST(MixBits, KeepsDifferentNumbersDifferent) {
  std::set<uint64_t> mixed;
  for (uint64_t i = 0; i < 10'000; ++i) mixed.insert(mix_bits(i));
  EXPECT_EQ(mixed.size(), 10'000u);
}

TEST(UnitInterval, IsFromZeroToBelowOne) {
  EXPECT_EQ(unit_interval(0), 0);
  EXPECT_LT(unit_interval(~uint64_t{0}), 1);
  EXPECT_EQ(unit_interval(uint64_t{1} << 63), 0.5);
}

TEST(Random, GivesEqualStreamsForEqualSeedsAndOthersForOthers) {
  Random a(7, 1), same(7, 1), other_stream(7, 2), other_seed(8, 1);
  const uint64_t first = a.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other_stream.next());
  EXPECT_NE(first, other_seed.next());
}

TEST(Random, DrawsWithTheMeansOfItsDistributions) {
  constexpr int kDraws = 100'000;
  Random random(1, 1);
  double uniform = 0, normal = 0, gamma = 0, poisson = 0;
  for (int i = 0; i < kDraws; ++i) {
    uniform += random.uniform();
    normal += random.normal();
    gamma += random.gamma(2.5);
    poisson += static_cast<double>(random.poisson(40));
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.01);
  EXPECT_NEAR(normal / kDraws, 0, 0.02);
  EXPECT_NEAR(gamma / kDraws, 2.5, 0.03);
  EXPECT_NEAR(poisson / kDraws, 40, 0.1);
}

}  // namespace
}  // namespace barker

#include "models/base/assignment.h"

#include <gtest/gtest.h>

#include <vector>

namespace barker {
namespace {

constexpr uint64_t kUsers = 1'000'000;
constexpr uint64_t kLayer = 0x1234, kExperiment = 0x5678;

// Pearson's statistic of counts against expected shares of all users.
double chi_square(const std::vector<uint64_t>& counts, const std::vector<double>& shares) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = shares[i] * static_cast<double>(kUsers);
    sum += (static_cast<double>(counts[i]) - expected) *
           (static_cast<double>(counts[i]) - expected) / expected;
  }
  return sum;
}

TEST(Assignment, DealsAMillionUsersByTheSharesOfTheArms) {
  const std::vector<double> shares = {.1, .2, .3, .4};
  constexpr double kRare = 16.27;  // of chi-square with 3 degrees of freedom: p = .001
  for (const uint64_t experiment : {kExperiment, kExperiment + 1, uint64_t{0}}) {
    std::vector<uint64_t> counts(shares.size());
    for (uint64_t user = 0; user < kUsers; ++user) ++counts[arm_of(user, experiment, shares)];
    EXPECT_LT(chi_square(counts, shares), kRare) << experiment;
  }
}

TEST(Assignment, PlacesUsersUniformlyOnALayer) {
  std::vector<uint64_t> counts(20);
  for (uint64_t user = 0; user < kUsers; ++user) {
    ++counts[static_cast<size_t>(place_in_layer(user, kLayer) * 20)];
  }
  constexpr double kRare = 43.82;  // 19 degrees of freedom: p = .001
  EXPECT_LT(chi_square(counts, std::vector<double>(20, .05)), kRare);
}

TEST(Assignment, KeepsUsersInTheirArmsWhileAPartGrows) {
  const std::vector<double> shares = {.5, .5};
  const LayerPart before{0, .1}, after{0, .4};
  for (uint64_t user = 0; user < 10'000; ++user) {
    const double place = place_in_layer(user, kLayer);
    EXPECT_TRUE(!before.has(place) || after.has(place)) << user;
    // The arm does not depend on the part.
    EXPECT_EQ(arm_of(user, kExperiment, shares), arm_of(user, kExperiment, shares));
  }
}

TEST(Assignment, MakesLayersAndExperimentsIndependentOfEachOther) {
  const std::vector<double> shares = {.5, .5};
  std::vector<uint64_t> both(4);
  for (uint64_t user = 0; user < kUsers; ++user) {
    ++both[arm_of(user, kExperiment, shares) * 2 + arm_of(user, kExperiment + 1, shares)];
  }
  EXPECT_LT(chi_square(both, std::vector<double>(4, .25)), 16.27);
  std::vector<uint64_t> halves(4);
  for (uint64_t user = 0; user < kUsers; ++user) {
    ++halves[static_cast<size_t>(place_in_layer(user, kLayer) < .5) * 2 +
             arm_of(user, kExperiment, shares)];
  }
  EXPECT_LT(chi_square(halves, std::vector<double>(4, .25)), 16.27);
}

TEST(Assignment, SeesWhichPartsOverlap) {
  EXPECT_TRUE((LayerPart{0, .5}).overlaps({.4, 1}));
  EXPECT_FALSE((LayerPart{0, .5}).overlaps({.5, 1}));
  EXPECT_TRUE((LayerPart{0, 1}).overlaps({.2, .3}));
}

}  // namespace
}  // namespace barker

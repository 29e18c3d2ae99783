#include "models/base/buckets.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

constexpr uint64_t kKeys = 100'000;

TEST(Buckets, HoldTheShareThatIsAskedFor) {
  for (const double share : {0.0, 0.01, 0.3, 1.0}) {
    uint64_t within = 0;
    for (uint64_t key = 0; key < kKeys; ++key) within += is_within(salted_place(key, 5), share);
    if (share == 0 || share == 1) {
      EXPECT_EQ(within, share == 0 ? 0 : kKeys);
    } else {
      EXPECT_NEAR(static_cast<double>(within) / kKeys, share, 0.01);
    }
  }
}

TEST(Buckets, KeepTheirKeysWhileTheShareGrows) {
  for (uint64_t key = 0; key < kKeys; ++key) {
    const uint64_t place = salted_place(key, 9);
    if (is_within(place, 0.2)) {
      EXPECT_TRUE(is_within(place, 0.21)) << key;
    }
  }
}

TEST(Buckets, OfAnotherSaltHoldOtherKeys) {
  uint64_t both = 0;
  for (uint64_t key = 0; key < kKeys; ++key) {
    both += is_within(salted_place(key, 1), 0.5) && is_within(salted_place(key, 2), 0.5);
  }
  EXPECT_NEAR(static_cast<double>(both) / kKeys, 0.25, 0.01);
}

}  // namespace
}  // namespace barker

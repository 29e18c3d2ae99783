#include "models/base/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace barker {
namespace {

TEST(Half, RoundsToTheNearestNumberAndConvertsBackExactly) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<Half>(bits);
    if (!is_finite(half)) continue;
    EXPECT_EQ(float_to_half(half_to_float(half)), half) << bits;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    const float value = std::ldexp(static_cast<float>(random() % 100000) / 50000 - 1,
                                   static_cast<int>(random() % 40) - 25);
    const double nearest = half_to_float(float_to_half(value));
    const double step =
        std::max(std::ldexp(1.0, std::ilogb(value == 0 ? 1 : value) - 10), std::ldexp(1.0, -24));
    EXPECT_LE(std::abs(nearest - value), step / 2) << value;
  }
  EXPECT_EQ(half_to_float(float_to_half(kMaxHalf)), kMaxHalf);
}

}  // namespace
}  // namespace barker

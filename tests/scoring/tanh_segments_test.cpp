// The table of tanh, evaluated as the kernels do, on every 97th float.
#include "scoring/tanh_segments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace barker {
namespace {

constexpr TanhTable kTable;

size_t entry_of(float y) {
  return std::bit_cast<uint32_t>(std::fma(y, kTable.scale, kTable.first)) % kTanhSegments;
}

float tanh_by_table(float x) {
  const float y = std::min(std::abs(x), kTable.limit);
  const size_t entry = entry_of(y);
  float p = kTable.coefficients[0][entry];
  for (size_t k = 1; k <= kTanhDegree; ++k) p = std::fma(p, y, kTable.coefficients[k][entry]);
  return std::copysign(p, x);
}

// Calls f(y) with floats from 2^-30 to 16, which lie close.
template <typename F>
void each_float(F f) {
  const auto end = std::bit_cast<uint32_t>(16.0f);
  for (auto bits = std::bit_cast<uint32_t>(0x1p-30f); bits < end; bits += 97) {
    f(std::bit_cast<float>(bits));
  }
}

TEST(TanhSegments, AreWithinAQuarterOfAMillionthAndNeverAboveOne) {
  double worst = 0, largest = 0;
  each_float([&](float y) {
    const double found = tanh_by_table(y);
    worst = std::max(worst, std::abs(found - std::tanh(double{y})));
    largest = std::max(largest, found);
  });
  EXPECT_LT(worst, 2.3e-7);
  EXPECT_EQ(largest, 1);
  EXPECT_EQ(tanh_by_table(0), 0);
  EXPECT_EQ(tanh_by_table(INFINITY), 1);
}

// So that a coefficient shows that is wrong by no more than roundings add up to.
TEST(TanhSegments, FitTanhEvenCloserInDoubleArithmetic) {
  double worst = 0;
  each_float([&](float y) {
    if (y > kTable.limit) return;
    double p = 0;
    for (const auto& of_power : kTable.coefficients) p = p * y + of_power[entry_of(y)];
    worst = std::max(worst, std::abs(p - std::tanh(double{y})));
  });
  EXPECT_LT(worst, 1.4e-7);
}

TEST(TanhSegments, FollowOneAnotherAndFallSeldomAndByARoundingOnly) {
  size_t segment = 0;
  float before = 0;
  each_float([&](float y) {
    const size_t entry = entry_of(std::min(y, kTable.limit));
    if (entry != TanhTable::entry_of(segment)) ++segment;
    EXPECT_EQ(entry, TanhTable::entry_of(segment)) << y;
    const float found = tanh_by_table(y);
    EXPECT_GE(found, before - 0x1p-23f) << y;
    before = found;
  });
  EXPECT_EQ(segment, kTanhSegments - 1);
}

}  // namespace
}  // namespace barker

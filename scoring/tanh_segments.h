// tanh as a polynomial on each of 32 segments of [0, kTanhEnd), for ISAs that look the coefficients
// of a vector up in registers. The compiler computes them: each polynomial interpolates tanh at
// Chebyshev's nodes, of which the error is hardly more than the least possible.
//
// The lowest bits of the float y * scale + first say which segment y is in. The unit in such a
// float's last place is 1 below 2^24 and 2 from there on. So with first = 2^24 - kTanhNarrow, the
// sum is rounded to kTanhNarrow segments of the width 1 / scale, and beyond them to segments of
// twice that width. The first one reaches half a width to either side of 0; in the last one, tanh
// is 1.
#pragma once

#include <cstddef>

namespace barker {
namespace {

inline constexpr size_t kTanhDegree = 4, kTanhSegments = 32, kTanhNarrow = 20;
inline constexpr double kTanhEnd = 8.9;  // here begins the last segment

class TanhTable {
 public:
  constexpr TanhTable() {
    for (size_t i = 0; i + 1 < kTanhSegments; ++i) {
      const bool is_narrow = i < kTanhNarrow;
      const double at = static_cast<double>(i), middle = is_narrow ? at : 2 * at - kTanhNarrow;
      const double begin = middle - (i <= kTanhNarrow ? 0.5 : 1);
      const double end = middle + (is_narrow ? 0.5 : 1);
      fit(begin * kWidth, end * kWidth, entry_of(i));
    }
    coefficients[kTanhDegree][entry_of(0)] = 0;
    coefficients[kTanhDegree][entry_of(kTanhSegments - 1)] = 1;
  }

  // The entry of a segment: the lowest bits that its floats have.
  static constexpr size_t entry_of(size_t segment) {
    return (segment + kTanhSegments - kTanhNarrow) % kTanhSegments;
  }

  float scale = static_cast<float>(1 / kWidth), first = 0x1p24f - kTanhNarrow;
  // The middle of the last segment, to which arguments are clamped.
  float limit = static_cast<float>(kTanhEnd + kWidth);
  // The coefficients of y^kTanhDegree, ..., y, 1, each by entry.
  alignas(64) float coefficients[kTanhDegree + 1][kTanhSegments] = {};

 private:
  static constexpr double kPi = 3.14159265358979323846;
  static constexpr double kWidth =
      kTanhEnd / (kTanhNarrow + 2.0 * (kTanhSegments - kTanhNarrow) - 3);

  // Newton's interpolation, then the coefficients of the powers of y.
  constexpr void fit(double begin, double end, size_t entry) {
    constexpr size_t kNodes = kTanhDegree + 1;
    const double middle = (begin + end) / 2, half = (end - begin) / 2;
    double x[kNodes] = {}, differences[kNodes] = {}, p[kNodes] = {};
    for (size_t i = 0; i < kNodes; ++i) {
      x[i] = middle + half * cosine(kPi * (2.0 * static_cast<double>(i) + 1) / (2.0 * kNodes));
      differences[i] = tanh(x[i]);
    }
    for (size_t j = 1; j < kNodes; ++j) {
      for (size_t i = kNodes - 1; i >= j; --i) {
        differences[i] = (differences[i] - differences[i - 1]) / (x[i] - x[i - j]);
      }
    }
    for (size_t i = kNodes; i-- > 0;) {
      for (size_t k = kNodes - 1; k > 0; --k) p[k] = p[k - 1] - x[i] * p[k];
      p[0] = differences[i] - x[i] * p[0];
    }
    // What rounding a coefficient to float takes away, lower powers give back: error * y^k is
    // error * (y - middle)^k, which is next to nothing, and terms of these powers.
    for (size_t k = kTanhDegree; k > 0; --k) {
      double term = static_cast<double>(static_cast<float>(p[k])) - p[k];
      for (size_t j = k; j-- > 0;) {
        term *= -middle * (static_cast<double>(j) + 1) / static_cast<double>(k - j);
        p[j] += term;
      }
    }
    for (size_t k = 0; k < kNodes; ++k) {
      coefficients[kTanhDegree - k][entry] = static_cast<float>(p[k]);
    }
  }

  // Series, because the functions of <cmath> are not constexpr.
  static constexpr double cosine(double x) {
    double term = 1, sum = 1;
    for (int k = 1; k < 20; ++k) {
      term *= -x * x / ((2.0 * k - 1) * (2.0 * k));
      sum += term;
    }
    return sum;
  }
  static constexpr double tanh(double x) {
    constexpr int kHalvings = 7;
    double term = 1, power = 1;  // e^(2x / 2^kHalvings)
    for (int k = 1; k < 14; ++k) {
      term *= 2 * x / (1 << kHalvings) / k;
      power += term;
    }
    for (int i = 0; i < kHalvings; ++i) power *= power;
    return 1 - 2 / (power + 1);
  }
};

}  // namespace
}  // namespace barker

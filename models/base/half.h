// IEEE 754 binary16, in which a weight file may store its tables: 11 bits of precision, up to
// 65504.
#pragma once

#include <cstdint>

namespace barker {

// The bits of a number. The functions are always inline because kernel units use them: a copy that
// was compiled for one instruction set must not be linked for all.
using Half = uint16_t;

inline constexpr float kMaxHalf = 65504;

// The conversion is exact. The number must be finite.
[[gnu::always_inline]] inline float half_to_float(Half half) {
  const uint32_t bits = (half & 0x7FFFu) << 13;
  // 2^112 moves the exponent from binary16's bias to binary32's, subnormal numbers included.
  const float magnitude = __builtin_bit_cast(float, bits) * 0x1p112f;
  return half & 0x8000u ? -magnitude : magnitude;
}

[[gnu::always_inline]] inline bool is_finite(Half half) { return (half & 0x7C00u) != 0x7C00u; }

// The nearest number, ties to even. Needs |value| <= kMaxHalf.
inline Half float_to_half(float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude < 0x38800000u) {  // below 2^-14: a multiple of 2^-24
    // The addition of 1/2 makes the floating-point unit round at that place.
    const float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
    return static_cast<Half>(sign | (__builtin_bit_cast(uint32_t, shifted) - 0x3F000000u));
  }
  const uint32_t odd = magnitude >> 13 & 1;
  return static_cast<Half>(sign | ((magnitude - 0x38000000u + 0xFFFu + odd) >> 13));
}

}  // namespace barker

// The operations that the two NEON units share. Only these units include this file.
#pragma once

#include <arm_neon.h>

#include "scoring/kernels_impl.h"

namespace barker {
namespace {

struct NeonOps {
  using Arch = xsimd::neon64;
  using Vec = xsimd::batch<float, Arch>;
  // 24 sums, four columns and an input are in 29 of the 32 registers.
  static constexpr size_t kTileRows = 6, kTileVectors = 4, kPoolVectors = 8, kTanhVectors = 1;
  static constexpr bool kHasBf16 = false, kHasInt8 = false, kHasLookup = false;

  static BARKER_INLINE Vec load_half(const Half* p) {
    uint16x4_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return Vec(vcvt_f32_f16(vreinterpret_f16_u16(bits)));
  }
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return Vec(vfmaq_f32(c, a, b));
  }
  static BARKER_INLINE Vec reciprocal(const Vec& v) { return Vec(1.0f) / v; }
  static BARKER_INLINE Vec rough_reciprocal(const Vec& v) { return reciprocal(v); }
  static BARKER_INLINE float sum(const Vec& v) { return vaddvq_f32(v); }
  static BARKER_INLINE float largest(const Vec& v) { return vmaxvq_f32(v); }
  static BARKER_INLINE Vec sums(const Vec* rows) {
    return Vec(vpaddq_f32(vpaddq_f32(rows[0], rows[1]), vpaddq_f32(rows[2], rows[3])));
  }
};

}  // namespace
}  // namespace barker

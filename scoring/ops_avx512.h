// The operations that the two AVX-512 units share. Only these units include this file.
#pragma once

#include <immintrin.h>

#include "scoring/kernels_impl.h"

namespace barker {
namespace {

struct Avx512Ops {
  using Arch = xsimd::avx512bw;
  using Vec = xsimd::batch<float, Arch>;
  using Words = xsimd::batch<int32_t, Arch>;
  static constexpr size_t kTileRows = 5, kTileVectors = 4, kPoolVectors = 8;
  static constexpr bool kHasBf16 = false, kHasInt8 = true;

  static BARKER_INLINE Vec load_half(const Half* p) {
    return Vec(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
  }
  // The CPU gives 14 bits; one step of Newton's method doubles them.
  static BARKER_INLINE Vec reciprocal(const Vec& v) {
    const __m512 guess = _mm512_rcp14_ps(v);
    return Vec(_mm512_mul_ps(guess, _mm512_fnmadd_ps(v, guess, _mm512_set1_ps(2.0f))));
  }
  static BARKER_INLINE float sum(const Vec& v) { return _mm512_reduce_add_ps(v); }
  static BARKER_INLINE float largest(const Vec& v) { return _mm512_reduce_max_ps(v); }

  static BARKER_INLINE void pack_int8(const float* x, float inverse, uint8_t* out) {
    const __m512i words =
        _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_load_ps(x), _mm512_set1_ps(inverse)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(words));
  }
  // A sum of two products is at most 2 * 127 * 127 and therefore never saturates in 16 bits.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    const __m512i pairs = _mm512_maddubs_epi16(x, w);
    return Words(_mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1))));
  }
};

}  // namespace
}  // namespace barker

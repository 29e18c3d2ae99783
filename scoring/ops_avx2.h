// The operations that the two units of 256-bit vectors share. Only these units include this file.
#pragma once

#include <immintrin.h>

#include "scoring/kernels_impl.h"

namespace barker {
namespace {

struct Avx2Ops {
  using Arch = xsimd::fma3<xsimd::avx2>;
  using Vec = xsimd::batch<float, Arch>;
  using Words = xsimd::batch<int32_t, Arch>;
  static constexpr size_t kTileRows = 6, kTileVectors = 2, kPoolVectors = 8, kPackBlock = 32,
                          kTanhVectors = 1;
  static constexpr bool kHasBf16 = false, kHasInt8 = true, kHasLookup = false;

  static BARKER_INLINE Vec load_half(const Half* p) {
    return Vec(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return Vec(_mm256_fmadd_ps(a, b, c));
  }
  // The CPU gives 12 bits; one step of Newton's method doubles them.
  static BARKER_INLINE Vec reciprocal(const Vec& v) {
    const __m256 guess = _mm256_rcp_ps(v);
    return Vec(_mm256_mul_ps(guess, _mm256_fnmadd_ps(v, guess, _mm256_set1_ps(2.0f))));
  }
  static BARKER_INLINE Vec rough_reciprocal(const Vec& v) { return reciprocal(v); }
  static BARKER_INLINE float sum(const Vec& v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
  }
  static BARKER_INLINE float largest(const Vec& v) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
  }

  // Transposes while it adds: after two steps a quarter of a register holds the sums of four rows.
  static BARKER_INLINE Vec sums(const Vec* rows) {
    const __m256 low = sums_of_four(rows), high = sums_of_four(rows + 4);
    return Vec(_mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                             _mm256_permute2f128_ps(low, high, 0x31)));
  }

  static BARKER_INLINE __m256i scaled(const float* x, float inverse) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_load_ps(x), _mm256_set1_ps(inverse)));
  }
  // The pack instructions work within halves of the register; the permutations restore the order.
  static BARKER_INLINE void pack_int8(const float* x, float inverse, uint8_t* out) {
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packs_epi32(scaled(x, inverse), scaled(x + 8, inverse)), 0xD8);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
  }
  static BARKER_INLINE void pack_int8_block(const float* x, float inverse, uint8_t* out) {
    const __m256i low = _mm256_packs_epi32(scaled(x, inverse), scaled(x + 8, inverse));
    const __m256i high = _mm256_packs_epi32(scaled(x + 16, inverse), scaled(x + 24, inverse));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                        _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order));
  }
  // A sum of two products is at most 2 * 127 * 127 and therefore never saturates in 16 bits. The
  // instructions themselves, because 12 sums, two columns and an input leave one register for the
  // products: the ones must come from memory, and GCC 12 spilled sums to keep them in a register.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    __m256i total = sum, products;
    const __m256i xi = x, wi = w;
    asm("vpmaddubsw %[w], %[x], %[products]\n\t"
        "vpmaddwd %[ones], %[products], %[products]\n\t"
        "vpaddd %[products], %[total], %[total]"
        : [total] "+x"(total), [products] "=&x"(products)
        : [x] "x"(xi), [w] "x"(wi), [ones] "m"(kOnes));
    return Words(total);
  }

 private:
  static BARKER_INLINE __m256 sums_of_two(const Vec& a, const Vec& b) {
    return _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  }
  static BARKER_INLINE __m256 sums_of_four(const Vec* rows) {
    const __m256d ab = _mm256_castps_pd(sums_of_two(rows[0], rows[1]));
    const __m256d cd = _mm256_castps_pd(sums_of_two(rows[2], rows[3]));
    return _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd)),
                         _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd)));
  }

  alignas(32) static constexpr int16_t kOnes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
};

}  // namespace
}  // namespace barker

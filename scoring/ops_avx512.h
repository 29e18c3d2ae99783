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
  static constexpr size_t kTileRows = 5, kTileVectors = 4, kPoolVectors = 8, kPackBlock = 64,
                          kTanhVectors = 4;
  static constexpr bool kHasBf16 = false, kHasInt8 = true, kHasLookup = true;

  static BARKER_INLINE Vec load_half(const Half* p) {
    return Vec(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
  }
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return Vec(_mm512_fmadd_ps(a, b, c));
  }
  // The CPU gives 14 bits; one step of Newton's method doubles them.
  static BARKER_INLINE Vec reciprocal(const Vec& v) {
    const __m512 guess = _mm512_rcp14_ps(v);
    return Vec(_mm512_mul_ps(guess, _mm512_fnmadd_ps(v, guess, _mm512_set1_ps(2.0f))));
  }
  static BARKER_INLINE Vec rough_reciprocal(const Vec& v) { return Vec(_mm512_rcp14_ps(v)); }
  static BARKER_INLINE Vec magnitude(const Vec& v) {
    return Vec(_mm512_castsi512_ps(_mm512_andnot_epi32(sign_bits(), _mm512_castps_si512(v))));
  }
  static BARKER_INLINE Vec with_sign_of(const Vec& v, const Vec& sign) {
    constexpr int kThirdChoosesSecond = 0xD8;  // of three bits: the first where the third is 0
    return Vec(_mm512_castsi512_ps(_mm512_ternarylogic_epi32(
        _mm512_castps_si512(v), _mm512_castps_si512(sign), sign_bits(), kThirdChoosesSecond)));
  }
  static BARKER_INLINE Vec lookup(const float (&table)[32], const Vec& entry) {
    return Vec(_mm512_permutex2var_ps(_mm512_load_ps(table), _mm512_castps_si512(entry),
                                      _mm512_load_ps(table + 16)));
  }
  static BARKER_INLINE float sum(const Vec& v) { return _mm512_reduce_add_ps(v); }
  static BARKER_INLINE float largest(const Vec& v) { return _mm512_reduce_max_ps(v); }

  // Transposes while it adds: after two steps a quarter of a register holds the sums of four rows.
  static BARKER_INLINE Vec sums(const Vec* rows) {
    const __m512 low = halves(sums_of_four(rows), sums_of_four(rows + 4));
    const __m512 high = halves(sums_of_four(rows + 8), sums_of_four(rows + 12));
    return Vec(halves(low, high));
  }

  static BARKER_INLINE __m512i scaled(const float* x, float inverse) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_load_ps(x), _mm512_set1_ps(inverse)));
  }
  static BARKER_INLINE void pack_int8(const float* x, float inverse, uint8_t* out) {
    const __m512i words = _mm512_max_epi32(scaled(x, inverse), _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(words));
  }
  // The pack instructions work within quarters of the register; the permutation restores the order.
  static BARKER_INLINE void pack_int8_block(const float* x, float inverse, uint8_t* out) {
    const __m512i low = _mm512_packs_epi32(scaled(x, inverse), scaled(x + 16, inverse));
    const __m512i high = _mm512_packs_epi32(scaled(x + 32, inverse), scaled(x + 48, inverse));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high)));
  }
  // A sum of two products is at most 2 * 127 * 127 and therefore never saturates in 16 bits. The
  // instructions themselves, because GCC 12 copies the sum around their intrinsics.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    __m512i total = sum, products;
    const __m512i xi = x, wi = w, ones = _mm512_set1_epi16(1);
    asm("vpmaddubsw %[w], %[x], %[products]\n\t"
        "vpmaddwd %[ones], %[products], %[products]\n\t"
        "vpaddd %[products], %[total], %[total]"
        : [total] "+v"(total), [products] "=&v"(products)
        : [x] "v"(xi), [w] "v"(wi), [ones] "v"(ones));
    return Words(total);
  }

 private:
  static BARKER_INLINE __m512i sign_bits() { return _mm512_set1_epi32(INT32_MIN); }
  static BARKER_INLINE __m512 sums_of_two(const Vec& a, const Vec& b) {
    return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  }
  static BARKER_INLINE __m512 sums_of_four(const Vec* rows) {
    const __m512d ab = _mm512_castps_pd(sums_of_two(rows[0], rows[1]));
    const __m512d cd = _mm512_castps_pd(sums_of_two(rows[2], rows[3]));
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd)),
                         _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)));
  }
  // The sums of a's neighbouring quarters, then those of b's.
  static BARKER_INLINE __m512 halves(__m512 a, __m512 b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
  }
};

}  // namespace
}  // namespace barker

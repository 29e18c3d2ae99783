#include "bench/peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace barker {
namespace {

constexpr uint64_t kRounds = 2000;
constexpr int kChains = 12;  // latency of an addition times additions a cycle, and some

#if defined(__x86_64__)

// Keeps a value in a register and its computation alive.
#define BARKER_KEEP(x) asm volatile("" : "+v"(x))

__attribute__((target("sse2"))) uint64_t baseline_f32() {
  __m128 sum[kChains], x = _mm_set1_ps(1.0001f), w = _mm_set1_ps(1e-9f);
  for (auto& s : sum) s = _mm_setzero_ps();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) {
      asm volatile("" : "+x"(x));
      s = _mm_add_ps(s, _mm_mul_ps(x, w));
    }
  }
  for (auto& s : sum) asm volatile("" : "+x"(s));
  return kRounds * kChains * 4 * 2;
}

__attribute__((target("avx2,fma"))) uint64_t avx2_f32() {
  __m256 sum[kChains], x = _mm256_set1_ps(1.0001f), w = _mm256_set1_ps(1e-9f);
  for (auto& s : sum) s = _mm256_setzero_ps();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) s = _mm256_fmadd_ps(x, w, s);
    for (auto& s : sum) asm volatile("" : "+x"(s));
  }
  return kRounds * kChains * 8 * 2;
}

__attribute__((target("avx2"))) uint64_t avx2_int8() {
  __m256i sum[kChains], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(5);
  const __m256i ones = _mm256_set1_epi16(1);
  for (auto& s : sum) s = _mm256_setzero_si256();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) {
      asm volatile("" : "+x"(x));
      s = _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), ones));
    }
  }
  for (auto& s : sum) asm volatile("" : "+x"(s));
  return kRounds * kChains * 32 * 2;
}

__attribute__((target("avx2,avxvnni"))) uint64_t avxvnni_int8() {
  __m256i sum[kChains], x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(5);
  for (auto& s : sum) s = _mm256_setzero_si256();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) asm volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(s) : "x"(x), "x"(w));
  }
  return kRounds * kChains * 32 * 2;
}

__attribute__((target("avx512f"))) uint64_t avx512_f32() {
  __m512 sum[kChains], x = _mm512_set1_ps(1.0001f), w = _mm512_set1_ps(1e-9f);
  for (auto& s : sum) s = _mm512_setzero_ps();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) s = _mm512_fmadd_ps(x, w, s);
    for (auto& s : sum) BARKER_KEEP(s);
  }
  return kRounds * kChains * 16 * 2;
}

__attribute__((target("avx512f,avx512bw"))) uint64_t avx512_int8() {
  __m512i sum[kChains], x = _mm512_set1_epi8(3), w = _mm512_set1_epi8(5);
  const __m512i ones = _mm512_set1_epi16(1);
  for (auto& s : sum) s = _mm512_setzero_si512();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) {
      BARKER_KEEP(x);
      s = _mm512_add_epi32(s, _mm512_madd_epi16(_mm512_maddubs_epi16(x, w), ones));
    }
  }
  for (auto& s : sum) BARKER_KEEP(s);
  return kRounds * kChains * 64 * 2;
}

__attribute__((target("avx512f,avx512vnni"))) uint64_t avx512dot_int8() {
  __m512i sum[kChains], x = _mm512_set1_epi8(3), w = _mm512_set1_epi8(5);
  for (auto& s : sum) s = _mm512_setzero_si512();
  for (uint64_t r = 0; r < kRounds; ++r) {
    // The instruction itself: GCC 12 spills sums around its intrinsic, so that the loop would
    // measure the spills (24 of 46 instructions).
    for (auto& s : sum) asm volatile("vpdpbusd %2, %1, %0" : "+v"(s) : "v"(x), "v"(w));
  }
  return kRounds * kChains * 64 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) uint64_t avx512dot_bf16() {
  __m512 sum[kChains];
  const __m512i bits = _mm512_set1_epi32(0x3F803F80);
  const auto x = __builtin_bit_cast(__m512bh, bits);
  for (auto& s : sum) s = _mm512_setzero_ps();
  for (uint64_t r = 0; r < kRounds; ++r) {
    for (auto& s : sum) s = _mm512_dpbf16_ps(s, x, x);
    for (auto& s : sum) BARKER_KEEP(s);
  }
  return kRounds * kChains * 32 * 2;
}

#endif

}  // namespace

uint64_t run_multiply_adds(Isa isa, Compute compute) {
#if defined(__x86_64__)
  switch (compute) {
    case Compute::kF32:
      if (isa == Isa::kBaseline) return baseline_f32();
      if (isa == Isa::kAvx2 || isa == Isa::kAvxVnni) return avx2_f32();
      return avx512_f32();
    case Compute::kBf16:
      return isa == Isa::kAvx512Dot ? avx512dot_bf16() : 0;
    case Compute::kInt8:
      if (isa == Isa::kAvx2) return avx2_int8();
      if (isa == Isa::kAvxVnni) return avxvnni_int8();
      if (isa == Isa::kAvx512) return avx512_int8();
      return isa == Isa::kAvx512Dot ? avx512dot_int8() : 0;
  }
#endif
  (void)isa;
  (void)compute;
  return 0;
}

uint64_t gather(const void* table, size_t bytes, const uint32_t* rows, size_t count, size_t ahead) {
  const auto* data = static_cast<const unsigned char*>(table);
  uint64_t all = 0;
  for (size_t i = 0; i < count; ++i) {
    if (ahead > 0 && i + ahead < count) {
      const unsigned char* next = data + rows[i + ahead] * bytes;
      for (size_t b = 0; b < bytes; b += 64) __builtin_prefetch(next + b);
    }
    const unsigned char* row = data + rows[i] * bytes;
    for (size_t b = 0; b < bytes; b += 64) {
      uint64_t word;
      __builtin_memcpy(&word, row + b, sizeof word);
      all += word;
    }
  }
  return all;
}

}  // namespace barker

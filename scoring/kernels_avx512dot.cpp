// The kernels for AVX-512 CPUs that also have the dot products of int8 (VNNI) and bfloat16 (BF16):
// Cooper Lake, Sapphire Rapids, Zen 4 and later. No function of this unit runs on other CPUs.
#include "scoring/ops_avx512.h"

namespace barker {
namespace {

struct Avx512DotOps : Avx512Ops {
  static constexpr bool kHasBf16 = true;

  static BARKER_INLINE void pack_bf16(const float* x, uint16_t* out) {
    const __m256bh packed = _mm512_cvtneps_pbh(_mm512_load_ps(x));
    __builtin_memcpy(out, &packed, sizeof packed);
  }
  static BARKER_INLINE Vec dot_bf16(const Vec& sum, const Words& x, const Words& w) {
    const __m512i xi = x, wi = w;
    return Vec(
        _mm512_dpbf16_ps(sum, __builtin_bit_cast(__m512bh, xi), __builtin_bit_cast(__m512bh, wi)));
  }
  // The instruction itself, because GCC 12 copies the sum around its intrinsic: a loop of 20
  // products then has 72 instructions, of which 42 move registers or spill them. With this it has
  // 33. A test counts them.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    __m512i total = sum;
    const __m512i xi = x, wi = w;
    asm("vpdpbusd %2, %1, %0" : "+v"(total) : "v"(xi), "v"(wi));
    return Words(total);
  }
};

}  // namespace

extern const KernelTable kAvx512DotKernels;
constexpr KernelTable kAvx512DotKernels = KernelsOf<Avx512DotOps>::table(Isa::kAvx512Dot);

}  // namespace barker

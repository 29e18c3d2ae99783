// The kernels for CPUs of AArch64 that have the dot product of int8 (Armv8.2 with DotProd): Cortex
// A76 and Neoverse N1 and later, Apple's M1. No function of this unit runs on other CPUs.
#include "scoring/ops_neon.h"

namespace barker {
namespace {

struct NeonDotOps : NeonOps {
  using Words = xsimd::batch<int32_t, Arch>;
  static constexpr bool kHasInt8 = true;
  static constexpr size_t kPackBlock = 32;

  static BARKER_INLINE int16x8_t scaled(const float* x, float inverse) {
    const int32x4_t low = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x), inverse));
    const int32x4_t high = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + 4), inverse));
    return vcombine_s16(vqmovn_s32(low), vqmovn_s32(high));
  }
  static BARKER_INLINE void pack_int8(const float* x, float inverse, uint8_t* out) {
    vst1_u8(out, vqmovun_s16(scaled(x, inverse)));
    vst1_u8(out + 8, vqmovun_s16(scaled(x + 8, inverse)));
  }
  static BARKER_INLINE void pack_int8_block(const float* x, float inverse, uint8_t* out) {
    pack_int8(x, inverse, out);
    pack_int8(x + 16, inverse, out + 16);
  }
  // Activations are at most 127, so that their bytes are the same with a sign.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    const int32x4_t xi = x, wi = w;
    return Words(vdotq_s32(sum, vreinterpretq_s8_s32(xi), vreinterpretq_s8_s32(wi)));
  }
};

}  // namespace

extern const KernelTable kNeonDotKernels;
constexpr KernelTable kNeonDotKernels = KernelsOf<NeonDotOps>::table(Isa::kNeonDot);

}  // namespace barker

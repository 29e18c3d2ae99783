// Baseline kernels: what every CPU of the architecture can run (SSE2 on x86-64, NEON on AArch64).
#include "scoring/kernels_impl.h"

namespace barker {
namespace {

struct BaselineOps {
#if defined(__x86_64__)
  using Arch = xsimd::sse2;
#else
  using Arch = xsimd::default_arch;
#endif
  using Vec = xsimd::batch<float, Arch>;
  static constexpr size_t kTileRows = 4, kTileVectors = 2, kPoolVectors = 8;
  static constexpr bool kHasBf16 = false, kHasInt8 = false;

  static BARKER_INLINE Vec load_half(const Half* p) {
    alignas(64) float lanes[Vec::size];
    for (size_t i = 0; i < Vec::size; ++i) lanes[i] = half_to_float(p[i]);
    return Vec::load_aligned(lanes);
  }
  static BARKER_INLINE Vec reciprocal(const Vec& v) { return Vec(1.0f) / v; }
  static BARKER_INLINE float sum(const Vec& v) {
    alignas(64) float lanes[Vec::size];
    v.store_aligned(lanes);
    for (size_t half = Vec::size / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0];
  }
};

}  // namespace

extern const KernelTable kBaselineKernels;
constexpr KernelTable kBaselineKernels = Kernels<BaselineOps>::table(Isa::kBaseline);

}  // namespace barker

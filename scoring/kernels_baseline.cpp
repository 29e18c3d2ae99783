// The kernels that every CPU of the architecture can run (SSE2 on x86-64, NEON on AArch64).
#if defined(__aarch64__)
#include "scoring/ops_neon.h"
#else
#include "scoring/kernels_impl.h"
#endif

namespace barker {
namespace {

#if defined(__aarch64__)

using BaselineOps = NeonOps;

#else

struct BaselineOps {
#if defined(__x86_64__)
  using Arch = xsimd::sse2;
#else
  using Arch = xsimd::default_arch;
#endif
  using Vec = xsimd::batch<float, Arch>;
  static constexpr size_t kTileRows = 4, kTileVectors = 2, kPoolVectors = 8, kTanhVectors = 1;
  static constexpr bool kHasBf16 = false, kHasInt8 = false, kHasLookup = false;

  // half_to_float of four numbers at a time. It uses the compilers' own vectors, because neither
  // SSE2 nor xsimd knows binary16.
  static BARKER_INLINE Vec load_half(const Half* p) {
    using Halves [[gnu::vector_size(8)]] = uint16_t;
    using Bits [[gnu::vector_size(16)]] = uint32_t;
    using Floats [[gnu::vector_size(16)]] = float;
    static_assert(Vec::size == 4);
    Halves halves;
    __builtin_memcpy(&halves, p, sizeof halves);
    const Bits bits = __builtin_convertvector(halves, Bits);
    const Floats magnitude = __builtin_bit_cast(Floats, (bits & 0x7FFFu) << 13) * 0x1p112f;
    const Bits with_sign = __builtin_bit_cast(Bits, magnitude) | (bits & 0x8000u) << 16;
    float lanes[4];
    __builtin_memcpy(lanes, &with_sign, sizeof lanes);
    return Vec::load_unaligned(lanes);
  }
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return a * b + c;
  }
  static BARKER_INLINE Vec reciprocal(const Vec& v) { return Vec(1.0f) / v; }
  static BARKER_INLINE Vec rough_reciprocal(const Vec& v) { return reciprocal(v); }
  static BARKER_INLINE float sum(const Vec& v) {
    return fold(v, [](float a, float b) BARKER_LAMBDA_INLINE { return a + b; });
  }
  static BARKER_INLINE float largest(const Vec& v) {
    return fold(v, [](float a, float b) BARKER_LAMBDA_INLINE { return a > b ? a : b; });
  }
  static BARKER_INLINE Vec sums(const Vec* rows) {
    alignas(64) float lanes[Vec::size];
    for (size_t i = 0; i < Vec::size; ++i) lanes[i] = sum(rows[i]);
    return Vec::load_aligned(lanes);
  }

 private:
  template <typename F>
  static BARKER_INLINE float fold(const Vec& v, F f) {
    alignas(64) float lanes[Vec::size];
    v.store_aligned(lanes);
    for (size_t half = Vec::size / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < half; ++i) lanes[i] = f(lanes[i], lanes[i + half]);
    }
    return lanes[0];
  }
};

#endif

}  // namespace

extern const KernelTable kBaselineKernels;
constexpr KernelTable kBaselineKernels = KernelsOf<BaselineOps>::table(Isa::kBaseline);

}  // namespace barker

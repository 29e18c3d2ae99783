// The kernels for CPUs without AVX-512 that have the dot product of int8 in 256-bit vectors
// (AVX-VNNI): Alder Lake and later. No function of this unit runs on other CPUs.
#include "scoring/ops_avx2.h"

namespace barker {
namespace {

struct AvxVnniOps : Avx2Ops {
  // One instruction where AVX2 takes three and another register. It is the instruction itself,
  // because GCC 12 copies the sum around intrinsics. The prefix asks for the encoding that does
  // without AVX-512.
  static BARKER_INLINE Words dot_int8(const Words& sum, const Words& x, const Words& w) {
    __m256i total = sum;
    const __m256i xi = x, wi = w;
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(total) : "x"(xi), "x"(wi));
    return Words(total);
  }
};

}  // namespace

extern const KernelTable kAvxVnniKernels;
constexpr KernelTable kAvxVnniKernels = KernelsOf<AvxVnniOps>::table(Isa::kAvxVnni);

}  // namespace barker

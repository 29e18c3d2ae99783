// AVX-512 kernels (F, BW, DQ, VL). Nothing of this unit runs on a CPU without them.
#include "scoring/kernels_impl.h"

namespace barker {

extern const KernelTable kAvx512Kernels;
constexpr KernelTable kAvx512Kernels = Kernels<xsimd::avx512bw>::table(Isa::kAvx512);

}  // namespace barker

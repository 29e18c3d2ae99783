// AVX2 + FMA kernels. Compiled with -mavx2 -mfma; nothing of this unit runs on a CPU without them.
#include "scoring/kernels_impl.h"

namespace barker {

extern const KernelTable kAvx2Kernels;
constexpr KernelTable kAvx2Kernels = Kernels<xsimd::fma3<xsimd::avx2>>::table(Isa::kAvx2);

}  // namespace barker

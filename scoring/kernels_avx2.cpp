// The kernels for AVX2 with FMA and F16C. No function of this unit runs on a CPU without them.
#include "scoring/ops_avx2.h"

namespace barker {

extern const KernelTable kAvx2Kernels;
constexpr KernelTable kAvx2Kernels = KernelsOf<Avx2Ops>::table(Isa::kAvx2);

}  // namespace barker

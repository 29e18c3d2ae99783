// AVX-512 kernels (F, BW, DQ, VL). Nothing of this unit runs on a CPU without them.
#include "scoring/ops_avx512.h"

namespace barker {

extern const KernelTable kAvx512Kernels;
constexpr KernelTable kAvx512Kernels = Kernels<Avx512Ops>::table(Isa::kAvx512);

}  // namespace barker

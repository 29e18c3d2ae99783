// The kernels for AVX-512 (F, BW, DQ, VL). No function of this unit runs on a CPU without them.
#include "scoring/ops_avx512.h"

namespace barker {

extern const KernelTable kAvx512Kernels;
constexpr KernelTable kAvx512Kernels = KernelsOf<Avx512Ops>::table(Isa::kAvx512);

}  // namespace barker

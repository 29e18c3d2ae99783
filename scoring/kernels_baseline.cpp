// Baseline kernels: what every CPU of the architecture can run (SSE2 on x86-64, NEON on AArch64).
#include "scoring/kernels_impl.h"

namespace barker {

#if defined(__x86_64__)
using BaselineArch = xsimd::sse2;
#else
using BaselineArch = xsimd::default_arch;
#endif

extern const KernelTable kBaselineKernels;
constexpr KernelTable kBaselineKernels = Kernels<BaselineArch>::table(Isa::kBaseline);

}  // namespace barker

#include "scoring/kernel_table.h"

namespace barker {

extern const KernelTable kBaselineKernels;
#if defined(__x86_64__)
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvxVnniKernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512DotKernels;
#elif defined(__aarch64__)
extern const KernelTable kNeonDotKernels;
#endif

const KernelTable& kernels_for(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) return kAvx2Kernels;
  if (isa == Isa::kAvxVnni) return kAvxVnniKernels;
  if (isa == Isa::kAvx512) return kAvx512Kernels;
  if (isa == Isa::kAvx512Dot) return kAvx512DotKernels;
#elif defined(__aarch64__)
  if (isa == Isa::kNeonDot) return kNeonDotKernels;
#endif
  (void)isa;
  return kBaselineKernels;
}

}  // namespace barker

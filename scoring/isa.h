// The instruction sets (ISAs) that kernels are built for, which of them this machine has, and which
// one to use. No state: any thread.
#pragma once

#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

enum class Isa {
  kBaseline,   // SSE2 on x86-64, NEON on AArch64
  kAvx2,       // with FMA and F16C
  kAvxVnni,    // and AVX-VNNI, the dot product of int8
  kAvx512,     // F, BW, DQ, VL
  kAvx512Dot,  // and VNNI, BF16
  kNeonDot,    // AArch64 with DotProd, the dot product of int8
};

// "baseline", "avx2", "avxvnni", "avx512", "avx512dot" or "neondot".
std::string_view isa_name(Isa isa) noexcept;

// The ISAs that this build has kernels for and that this CPU and operating system can run, slowest
// first.
std::vector<Isa> supported_isas();

// The fastest supported ISA for an empty name, otherwise the named one. An unknown name and an ISA
// that this machine lacks are errors.
Result<Isa> choose_isa(std::string_view name);

}  // namespace barker

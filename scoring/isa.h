// The instruction sets kernels are built for, what this machine has, and which one to use.
#pragma once

#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

enum class Isa {
  kBaseline,   // SSE2 on x86-64, NEON on AArch64
  kAvx2,       // with FMA and F16C
  kAvx512,     // F, BW, DQ, VL
  kAvx512Dot,  // and VNNI, BF16
};

std::string_view isa_name(Isa isa) noexcept;  // "baseline", "avx2", "avx512", "avx512dot"

// Those this build has kernels for and this CPU and operating system can run, slowest first.
std::vector<Isa> supported_isas();

// The fastest supported one for an empty name; else the named one. A name that does not exist, or
// an ISA that this machine lacks, is an error.
Result<Isa> choose_isa(std::string_view name);

}  // namespace barker

// The instruction sets kernels are built for, what this machine has, and which one to use.
#pragma once

#include <string_view>
#include <vector>

#include "models/result.h"

namespace barker {

enum class Isa { kBaseline, kAvx2, kAvx512 };  // baseline: SSE2 on x86-64, NEON on AArch64

std::string_view isa_name(Isa isa) noexcept;  // "baseline", "avx2", "avx512"

// Those this build has kernels for and this CPU and operating system can run, slowest first.
std::vector<Isa> supported_isas();

// The fastest supported one for an empty name; else the named one. A name that does not exist, or
// an ISA that this machine lacks, is an error.
Result<Isa> choose_isa(std::string_view name);

}  // namespace barker

// The machine's own limits, measured in the run that compares with them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/isa.h"
#include "scoring/kernels.h"

namespace barker {

// Runs independent multiply-adds in registers; returns how many multiplications and additions that
// were. In the widest vectors of the ISA; kBf16 and kInt8 where it has them, else 0.
uint64_t run_multiply_adds(Isa isa, Compute compute);

// Reads every cache line of the rows, `ahead` rows asked for beforehand; returns something that
// depends on all of them. bytes: of a row.
uint64_t gather(const void* table, size_t bytes, const uint32_t* rows, size_t count, size_t ahead);

}  // namespace barker

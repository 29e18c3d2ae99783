// What a dataset file must be before anything follows its offsets. Only dataset.cpp uses this.
//
// A checksum proves that the bytes are those that were written, not that they are right: a
// program that can write the file can also write matching checksums. So every offset, count and
// number is checked against the section that it points into. The cost is one pass over the file,
// about that of its checksum.
#pragma once

#include <cstddef>
#include <span>

#include "models/base/result.h"
#include "models/data/dataset_format.h"

namespace barker {

// The header of a dataset all of whose bytes are in order: then every function of Dataset stays
// inside of `bytes` for arguments within the counts of this header. The error names the place, what
// was expected there and what was found.
Result<dataset_format::Header> check_dataset(std::span<const std::byte> bytes);

}  // namespace barker

// Tensors in a file of the safetensors layout, which most training frameworks write:
//
//   8 bytes      N, the size of the header, little-endian
//   N bytes      JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...};
//                the offsets count from the end of the header, and "__metadata__" is passed over
//   the rest     the values, row-major and little-endian, without holes
//
// Pure functions: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct NamedTensor {
  std::vector<uint64_t> shape;  // empty: one number
  std::vector<float> values;    // row-major
};

using NamedTensors = std::map<std::string, NamedTensor>;

// Reads all tensors as floats; F64, F32, F16 and BF16 are understood. The error names the file, the
// tensor, what was expected and what was found.
Result<NamedTensors> read_safetensors(const std::string& path);

// Writes them as F32, in the order of their names. Each shape must fit its values.
Status write_safetensors(const NamedTensors& tensors, const std::string& path);

}  // namespace barker

// Tensors over the vectors of a batch, without a copy. The batch must outlive them: autograd is
// done before the next batch is made. Nothing writes through them.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace barker {

inline torch::Tensor view_of(const std::vector<int64_t>& values) {
  return torch::from_blob(const_cast<int64_t*>(values.data()),
                          {static_cast<int64_t>(values.size())}, torch::kInt64);
}

inline torch::Tensor view_of(const std::vector<float>& values, std::vector<int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

inline torch::Tensor view_of(const std::vector<float>& values) {
  return view_of(values, {static_cast<int64_t>(values.size())});
}

}  // namespace barker

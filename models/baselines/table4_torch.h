// Rows and labels of Table 4's competitors as libtorch's tensors. Pure functions; any thread.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "models/baselines/gradient_boosting.h"

namespace barker {

// [rows, columns], a copy.
inline torch::Tensor tensor_of(const FeatureMatrix& rows) {
  return torch::tensor(rows.values)
      .view({static_cast<int64_t>(rows.rows()), static_cast<int64_t>(rows.columns)});
}
// [rows] of 0 or 1.
inline torch::Tensor tensor_of(std::span<const uint8_t> clicked) {
  return torch::tensor(std::vector<float>(clicked.begin(), clicked.end()));
}

inline std::vector<float> vector_of(const torch::Tensor& values) {
  const torch::Tensor flat = values.contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// The mean log loss of logits.
inline double log_loss(const torch::Tensor& logits, const torch::Tensor& clicked) {
  return torch::binary_cross_entropy_with_logits(logits, clicked).item<double>();
}

// The logit of the share of clicks; finite also where all or none were clicked.
inline double base_logit(const torch::Tensor& clicked) {
  const double rate = std::clamp(clicked.mean().item<double>(), 1e-6, 1 - 1e-6);
  return std::log(rate / (1 - rate));
}

}  // namespace barker

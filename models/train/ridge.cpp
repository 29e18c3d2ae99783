#include <algorithm>
#include <limits>

#include "models/train/ridge_torch.h"

namespace barker {
namespace {

// Rows of the three tensors.
struct Rows {
  torch::Tensor x, y, weight;

  Rows select(const std::vector<int64_t>& which) const {
    const torch::Tensor index = torch::tensor(which, torch::kInt64);
    return {x.index_select(0, index), y.index_select(0, index), weight.index_select(0, index)};
  }
};

double square_sum(const torch::Tensor& difference, const torch::Tensor& weight) {
  return (difference.square().sum(1) * weight).sum().item<double>();
}

torch::Tensor weighted_mean(const torch::Tensor& values, const torch::Tensor& weight) {
  return torch::mv(values.t(), weight) / weight.sum();
}

}  // namespace

torch::Tensor ridge_fit(const torch::Tensor& a, const torch::Tensor& b, double ridge) {
  const torch::Tensor square = torch::mm(a.t(), a);
  const double scale = std::max(square.diagonal().mean().item<double>(), 1e-12);
  return torch::linalg_solve(square + ridge * scale * torch::eye(square.size(0)),
                             torch::mm(a.t(), b));
}

AffineMap affine_fit(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& weight,
                     double ridge) {
  AffineMap out{weighted_mean(x, weight), weighted_mean(y, weight), {}};
  // A row that counts w times is the same as one row times the root of w.
  const torch::Tensor root = weight.sqrt().unsqueeze(1);
  out.map = ridge_fit((x - out.mean_x) * root, (y - out.mean_y) * root, ridge);
  return out;
}

float weight_of_row(const std::vector<float>& evidence, uint32_t row) {
  constexpr float kMost = 100;
  return row < evidence.size() ? 1.0f + std::min(evidence[row], kMost) : 1.0f;
}

RidgeChoice choose_ridge(const torch::Tensor& x, const torch::Tensor& y,
                         const torch::Tensor& weight, const std::vector<uint32_t>& fold) {
  const Rows all{x, y, weight};
  constexpr double kRidges[] = {30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001};
  std::vector<double> error(std::size(kRidges), 0);
  double variance = 0;
  const uint32_t folds = fold.empty() ? 0 : *std::ranges::max_element(fold) + 1;
  for (uint32_t f = 0; f < folds; ++f) {
    std::vector<int64_t> in, out;
    for (size_t i = 0; i < fold.size(); ++i)
      (fold[i] == f ? out : in).push_back(static_cast<int64_t>(i));
    if (in.empty() || out.empty()) continue;
    const Rows fitted = all.select(in), left = all.select(out);
    variance += square_sum(left.y - weighted_mean(fitted.y, fitted.weight), left.weight);
    for (size_t r = 0; r < error.size(); ++r) {
      const AffineMap map = affine_fit(fitted.x, fitted.y, fitted.weight, kRidges[r]);
      error[r] += square_sum(left.y - map.apply(left.x), left.weight);
    }
  }
  const auto best = static_cast<size_t>(std::ranges::min_element(error) - error.begin());
  return {kRidges[best], variance > 0 ? 1 - error[best] / variance : 0};
}

}  // namespace barker

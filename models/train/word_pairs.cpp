#include <algorithm>
#include <cmath>

#include "models/data/dataset.h"
#include "models/train/word_pairs_torch.h"

namespace barker {

torch::Tensor SparseMatrix::times(const torch::Tensor& dense) const {
  torch::Tensor out = torch::zeros({static_cast<int64_t>(rows.size()), dense.size(1)});
  const int64_t width = dense.size(1);
  const float* in = dense.data_ptr<float>();
  float* to = out.data_ptr<float>();
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const auto& [j, value] : rows[i]) {
      for (int64_t d = 0; d < width; ++d)
        to[static_cast<int64_t>(i) * width + d] += value * in[int64_t{j} * width + d];
    }
  }
  return out;
}

void PairCounts::add(std::span<const uint32_t> list) {
  constexpr size_t kWindow = 30;
  known_.clear();
  for (const uint32_t word : list) {
    if (word != kUnknownKeyword && known_.size() < kWindow) known_.push_back(word);
  }
  for (const uint32_t a : known_) {
    for (const uint32_t b : known_) {
      if (a == b) continue;
      pairs_[uint64_t{a} << 32 | b] += 1;
      count_[a] += 1;
      total_ += 1;
    }
  }
}

SparseMatrix PairCounts::ppmi() const {
  SparseMatrix matrix;
  matrix.rows.resize(count_.size());
  for (const auto& [pair, together] : pairs_) {
    const auto a = static_cast<uint32_t>(pair >> 32), b = static_cast<uint32_t>(pair);
    const double mutual = std::log(together * total_ / (count_[a] * count_[b]));
    if (mutual > 0) matrix.rows[a].push_back({b, static_cast<float>(mutual)});
  }
  for (auto& row : matrix.rows)
    std::sort(row.begin(), row.end());  // so that the order of the hash table does not matter
  return matrix;
}

torch::Tensor truncated_svd(const SparseMatrix& matrix, uint32_t dim, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  const auto n = static_cast<int64_t>(matrix.rows.size());
  const int64_t width = std::min<int64_t>(n, dim + 8);
  torch::Tensor basis = torch::randn({n, width});
  for (int i = 0; i < 6; ++i) {
    basis = std::get<0>(torch::linalg_qr(matrix.times(basis))).contiguous();
  }
  const torch::Tensor projected = torch::matmul(basis.t(), matrix.times(basis));
  const auto [values, vectors] = torch::linalg_eigh((projected + projected.t()) / 2);
  const torch::Tensor order =
      torch::argsort(values.abs(), 0, true).slice(0, 0, std::min<int64_t>(dim, width));
  return torch::matmul(basis, vectors.index_select(1, order)) *
         values.index_select(0, order).abs().sqrt();
}

}  // namespace barker

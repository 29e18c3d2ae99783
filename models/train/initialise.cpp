#include "models/train/initialise.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace barker {
namespace {

// A sparse symmetric matrix, its rows as lists of column and value.
struct SparseMatrix {
  std::vector<std::vector<std::pair<uint32_t, float>>> rows;

  torch::Tensor times(const torch::Tensor& dense) const {
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
};

// Counts which keywords stand together in a list.
class PairCounts {
 public:
  explicit PairCounts(size_t keywords) : count_(keywords, 0) {}

  void add(std::span<const uint32_t> list) {
    constexpr size_t kWindow = 30;
    known_.clear();
    for (const uint32_t keyword : list) {
      if (keyword != kUnknownKeyword && known_.size() < kWindow) known_.push_back(keyword);
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

  // Positive pointwise mutual information.
  SparseMatrix ppmi() const {
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

 private:
  std::unordered_map<uint64_t, float> pairs_;
  std::vector<double> count_;
  double total_ = 0;
  std::vector<uint32_t> known_;
};

// Only every stride-th search is counted, so that the cost does not grow with the log.
size_t stride_of(size_t searches) {
  constexpr size_t kSearches = 400'000;
  return std::max<size_t>(1, searches / kSearches);
}

PairCounts count_pairs(const Dataset& data) {
  PairCounts pairs(data.keywords());
  const auto with_ads = data.searches_of(Split::kTrain, Task::kAuxiliary);
  for (size_t i = 0; i < with_ads.size(); i += stride_of(with_ads.size())) {
    for (const uint32_t ad : data.search(with_ads[i]).ads) pairs.add(data.title(ad));
  }
  const auto with_sfs = data.searches_of(Split::kTrain, Task::kMain);
  std::vector<uint32_t> together;
  for (size_t i = 0; i < with_sfs.size(); i += stride_of(with_sfs.size())) {
    const SearchView search = data.search(with_sfs[i]);
    together.assign(search.query.begin(), search.query.end());
    const auto recent = search.history.last(std::min<size_t>(10, search.history.size()));
    together.insert(together.end(), recent.rbegin(), recent.rend());
    for (size_t s = 0; s < search.sfs.size(); ++s) {
      if (search.sf_clicked[s]) together.push_back(search.sfs[s]);
    }
    pairs.add(together);
  }
  return pairs;
}

}  // namespace

// Randomised subspace iteration (Halko, Martinsson, Tropp 2011), which needs the matrix only to
// multiply with it.
std::vector<float> svd_embeddings(const Dataset& data, uint32_t dim, double deviation,
                                  uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  const SparseMatrix matrix = count_pairs(data).ppmi();
  const auto n = static_cast<int64_t>(matrix.rows.size());
  if (n == 0) return {};
  const int64_t width = std::min<int64_t>(n, dim + 8);
  torch::Tensor basis = torch::randn({n, width});
  for (int i = 0; i < 6; ++i) {
    basis = std::get<0>(torch::linalg_qr(matrix.times(basis))).contiguous();
  }
  const torch::Tensor projected = torch::matmul(basis.t(), matrix.times(basis));
  const auto [values, vectors] = torch::linalg_eigh((projected + projected.t()) / 2);
  const torch::Tensor order =
      torch::argsort(values.abs(), 0, true).slice(0, 0, std::min<int64_t>(dim, width));
  torch::Tensor embedding = torch::matmul(basis, vectors.index_select(1, order)) *
                            values.index_select(0, order).abs().sqrt();
  const double spread = n > 1 ? embedding.std().item<double>() : 0;
  embedding = embedding * (deviation / std::max(spread, 1e-12));
  torch::Tensor out = torch::zeros({n, static_cast<int64_t>(dim)});
  out.slice(1, 0, embedding.size(1)).copy_(embedding);
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

}  // namespace barker

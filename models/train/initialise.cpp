#include "models/train/initialise.h"

#include <algorithm>

#include "models/train/word_pairs_torch.h"

namespace barker {
namespace {

// Only every stride-th search is counted, so that the cost does not grow with the log.
size_t stride_of(size_t searches) {
  constexpr size_t kSearches = 400'000;
  return std::max<size_t>(1, searches / kSearches);
}

PairCounts count_pairs(const Dataset& data, std::optional<int64_t> before) {
  const auto is_counted = [&](const SearchView& search) {
    return !before || search.time < *before;
  };
  PairCounts pairs(data.keywords());
  const auto with_ads = data.searches_of(Split::kTrain, Task::kAuxiliary);
  for (size_t i = 0; i < with_ads.size(); i += stride_of(with_ads.size())) {
    const SearchView search = data.search(with_ads[i]);
    if (!is_counted(search)) continue;
    for (const uint32_t ad : search.ads) pairs.add(data.title(ad));
  }
  const auto with_sfs = data.searches_of(Split::kTrain, Task::kMain);
  std::vector<uint32_t> together;
  for (size_t i = 0; i < with_sfs.size(); i += stride_of(with_sfs.size())) {
    const SearchView search = data.search(with_sfs[i]);
    if (!is_counted(search)) continue;
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

std::vector<float> svd_embeddings(const Dataset& data, uint32_t dim, double deviation,
                                  uint64_t seed, std::optional<int64_t> before) {
  const torch::NoGradGuard no_grad;
  const SparseMatrix matrix = count_pairs(data, before).ppmi();
  const auto n = static_cast<int64_t>(matrix.rows.size());
  if (n == 0) return {};
  torch::Tensor embedding = truncated_svd(matrix, dim, seed);
  const double spread = n > 1 ? embedding.std().item<double>() : 0;
  embedding = embedding * (deviation / std::max(spread, 1e-12));
  torch::Tensor out = torch::zeros({n, static_cast<int64_t>(dim)});
  out.slice(1, 0, embedding.size(1)).copy_(embedding);
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

}  // namespace barker

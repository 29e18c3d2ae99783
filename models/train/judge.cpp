#include <algorithm>

#include "models/evaluate/metrics.h"
#include "models/train/judge_torch.h"

namespace barker {
namespace {

constexpr size_t kBatchSearches = 1024;

}  // namespace

std::vector<float> predict_logits(const TorchNetwork& network, const torch::Tensor& table,
                                  BatchMaker& batches, Task task,
                                  std::span<const uint32_t> searches) {
  const torch::NoGradGuard no_grad;
  std::vector<float> out;
  for (size_t begin = 0; begin < searches.size(); begin += kBatchSearches) {
    const Batch batch = batches.make(
        task, searches.subspan(begin, std::min(kBatchSearches, searches.size() - begin)),
        std::nullopt);
    const torch::Tensor rows = torch::tensor(batch.rows, torch::kInt64);
    const torch::Tensor logits =
        network.logits(batch, table.index_select(0, rows)).detach().contiguous().view(-1);
    out.insert(out.end(), logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return out;
}

double validation_auc(const Dataset& data, const TorchNetwork& network, const torch::Tensor& table,
                      Workers& workers, std::span<BatchMaker> batches, Task task) {
  constexpr size_t kSearches = 100'000;
  const auto all = data.searches_of(Split::kValidation, task);
  const size_t stride = all.size() / kSearches + 1;
  std::vector<uint32_t> searches;
  std::vector<uint8_t> clicked;
  for (size_t i = 0; i < all.size(); i += stride) {
    searches.push_back(all[i]);
    const SearchView view = data.search(all[i]);
    const auto& labels = task == Task::kMain ? view.sf_clicked : view.ad_clicked;
    clicked.insert(clicked.end(), labels.begin(), labels.end());
  }
  // Whole batches for each worker, because the last bits of a product may depend on its height.
  const size_t of_all = (searches.size() + kBatchSearches - 1) / kBatchSearches;
  std::vector<std::vector<float>> parts(workers.count());
  workers.run([&](size_t worker) {
    const auto border = [&](size_t number) {
      return std::min(of_all * number / workers.count() * kBatchSearches, searches.size());
    };
    parts[worker] = predict_logits(network, table, batches[worker], task,
                                   std::span<const uint32_t>(searches).subspan(
                                       border(worker), border(worker + 1) - border(worker)));
  });
  std::vector<float> logits;
  for (const std::vector<float>& part : parts) {
    logits.insert(logits.end(), part.begin(), part.end());
  }
  return auc(logits, clicked);
}

}  // namespace barker

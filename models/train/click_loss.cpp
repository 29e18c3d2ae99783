#include "models/train/click_loss_torch.h"
#include "models/train/tensor_views_torch.h"

namespace barker {
namespace {

constexpr double kTiny = 1e-30;  // keeps the logarithm of what a float rounds to 0 finite

// -log P(y) of each instance.
torch::Tensor losses_of(const Batch& batch, const TrainingLogits& logits) {
  torch::Tensor unclicked = torch::log_sigmoid(-logits.instances);  // log(1 - P), if looked at
  if (logits.points.defined()) {
    unclicked =
        unclicked.index_add(0, view_of(batch.points.instance), torch::log_sigmoid(-logits.points));
  }
  torch::Tensor clicked = torch::log((-torch::expm1(unclicked)).clamp_min(kTiny));
  if (logits.log_examined.defined()) {
    const torch::Tensor e = torch::exp(logits.log_examined);
    clicked = clicked + logits.log_examined;
    unclicked = torch::log((1 - e + e * torch::exp(unclicked)).clamp_min(kTiny));
  }
  const torch::Tensor labels = view_of(batch.clicked);
  return -(labels * clicked + (1 - labels) * unclicked);
}

}  // namespace

torch::Tensor click_loss(const Batch& batch, const TrainingLogits& logits) {
  const bool is_plain = !logits.points.defined() && !logits.log_examined.defined();
  if (!is_plain) {
    const torch::Tensor losses = losses_of(batch, logits);
    return batch.weight.empty() ? losses.sum() : (losses * view_of(batch.weight)).sum();
  }
  c10::optional<torch::Tensor> weight;
  if (!batch.weight.empty()) weight = view_of(batch.weight);
  return torch::binary_cross_entropy_with_logits(logits.instances, view_of(batch.clicked), weight,
                                                 {}, at::Reduction::Sum);
}

}  // namespace barker

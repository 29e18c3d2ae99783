#include <cmath>

#include "models/train/adam.h"
#include "models/train/click_loss_torch.h"
#include "models/train/optimiser_torch.h"
#include "models/train/tensor_views_torch.h"

namespace barker {

bool Optimiser::take_step(const PreparedStep& step, double rate) {
  // Parameters outside the step's branch get no gradient and so do not move (Theta_1, Theta_2).
  std::vector<torch::Tensor> gradients(network_.parameters().size());
  std::vector<RowGradients> rows(step.batches.size());
  bool finite = true;
  for (size_t b = 0; b < step.batches.size(); ++b) {
    finite &= backward(step.batches[b], step.instances[b], gradients, rows[b]);
  }
  if (peers_) exchange(gradients, rows);
  const torch::NoGradGuard no_grad;
  update_parameters(gradients, rate);
  for (const RowGradients& r : rows) update_rows(r, rate);
  return finite;
}

// Adds the gradients of the mean loss over `instances` to those of the parameters, and gives the
// gradients of the rows. Returns false if the loss is not finite.
bool Optimiser::backward(const Batch& batch, size_t instances,
                         std::vector<torch::Tensor>& gradients, RowGradients& rows) {
  if (batch.instances == 0) {
    rows.values = torch::zeros({0, static_cast<int64_t>(options_.model.dim)});
    return true;
  }
  rows.rows = batch.rows;
  torch::Tensor table = state_.table.index_select(0, view_of(batch.rows));
  table.set_requires_grad(true);
  const torch::Tensor loss = click_loss(batch, network_.training_logits(batch, table));
  std::vector<torch::Tensor> inputs = {table};
  for (const Parameter& p : network_.parameters()) inputs.push_back(p.value);
  const auto grads = torch::autograd::grad({loss / static_cast<double>(instances)}, inputs, {},
                                           c10::nullopt, false, /*allow_unused=*/true);
  rows.values = grads[0].contiguous();
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!grads[i + 1].defined()) continue;
    gradients[i] = gradients[i].defined() ? gradients[i] + grads[i + 1] : grads[i + 1];
  }
  const auto task = static_cast<size_t>(batch.task);
  const auto sum = loss.item<double>();
  state_.loss_sum[task] += sum;
  state_.loss_weight[task] += static_cast<double>(batch.instances);
  return std::isfinite(sum);
}

void Optimiser::update_parameters(const std::vector<torch::Tensor>& gradients, double rate) {
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    torch::Tensor& value = network_.parameters()[i].value;
    const torch::Tensor g = gradients[i].contiguous();
    adam({rate * network_.parameters()[i].rate, ++state_.steps[i]}, g.data_ptr<float>(),
         static_cast<size_t>(g.numel()), value.data_ptr<float>(),
         state_.moments[i].first.data_ptr<float>(), state_.moments[i].second.data_ptr<float>());
  }
}

void Optimiser::update_rows(const RowGradients& gradients, double rate) {
  const auto dim = static_cast<size_t>(options_.model.dim);
  float* table = state_.table.data_ptr<float>();
  float* first = state_.table_moments.first.data_ptr<float>();
  float* second = state_.table_moments.second.data_ptr<float>();
  int32_t* steps = state_.table_steps.data_ptr<int32_t>();
  const float* values = gradients.values.data_ptr<float>();
  const auto decay = static_cast<float>(options_.embedding_l2);
  std::vector<float> gradient(dim);
  for (size_t i = 0; i < gradients.rows.size(); ++i) {
    const auto row = static_cast<size_t>(gradients.rows[i]);
    if (row == plan_.unknown_row()) continue;  // this row stays zero
    for (size_t d = 0; d < dim; ++d) {
      gradient[d] = values[i * dim + d] + decay * table[row * dim + d];
    }
    adam({rate, ++steps[row]}, gradient.data(), dim, table + row * dim, first + row * dim,
         second + row * dim);
  }
}

// Sums gradients over the processes. All processes take the same tasks, so they have the same dense
// gradients. Only a process without instances in this step has none, and adds zeros.
void Optimiser::exchange(std::vector<torch::Tensor>& gradients, std::vector<RowGradients>& rows) {
  for (size_t i = 0; i < gradients.size(); ++i) {
    float has = gradients[i].defined() ? 1.0f : 0.0f;
    peers_->sum({&has, 1});
    if (has == 0) continue;
    torch::Tensor g = gradients[i].defined()
                          ? gradients[i].contiguous()
                          : torch::zeros_like(network_.parameters()[i].value).detach();
    peers_->sum({g.data_ptr<float>(), static_cast<size_t>(g.numel())});
    gradients[i] = g;
  }
  for (RowGradients& r : rows) r = gather_rows(r);
}

// The gradients of all processes. A row that several processes touched becomes one.
Optimiser::RowGradients Optimiser::gather_rows(const RowGradients& mine) {
  const auto dim = static_cast<int64_t>(options_.model.dim);
  const std::vector<int64_t> all_rows = peers_->gather(std::span<const int64_t>(mine.rows));
  const std::vector<float> all_values = peers_->gather(std::span<const float>(
      mine.values.data_ptr<float>(), static_cast<size_t>(mine.values.numel())));
  std::vector<int64_t> place(plan_.rows(), -1);
  RowGradients joined;
  for (const int64_t row : all_rows) {
    int64_t& at = place[static_cast<size_t>(row)];
    if (at >= 0) continue;
    at = static_cast<int64_t>(joined.rows.size());
    joined.rows.push_back(row);
  }
  joined.values = torch::zeros({static_cast<int64_t>(joined.rows.size()), dim});
  float* out = joined.values.data_ptr<float>();
  for (size_t i = 0; i < all_rows.size(); ++i) {
    const int64_t at = place[static_cast<size_t>(all_rows[i])];
    for (int64_t d = 0; d < dim; ++d)
      out[at * dim + d] += all_values[i * static_cast<size_t>(dim) + static_cast<size_t>(d)];
  }
  return joined;
}

}  // namespace barker

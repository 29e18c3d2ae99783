#include <cmath>

#include "models/train/adam.h"
#include "models/train/click_loss_torch.h"
#include "models/train/optimiser_torch.h"
#include "models/train/tensor_views_torch.h"

namespace barker {

bool Optimiser::take_step(const TrainingStep& step, double rate,
                          const std::function<void(size_t)>& then) {
  std::vector<Gradients> parts(step.parts.size());
  workers_.run([&](size_t p) {
    parts[p].parameters.resize(network_.parameters().size());
    for (size_t b = 0; b < step.parts[p].batches.size(); ++b) {
      backward(step.parts[p].batches[b], step.instances[b], parts[p]);
    }
    if (then) then(p);
  });
  const torch::NoGradGuard no_grad;
  Gradients all = parts.size() == 1 ? std::move(parts[0]) : sum(parts);
  for (size_t task = 0; task < 2; ++task) {
    state_.loss_sum[task] += all.loss_sum[task];
    state_.loss_weight[task] += all.loss_weight[task];
  }
  if (peers_) exchange(all);
  update_parameters(all.parameters, rate);
  for (const RowGradients& r : all.rows) update_rows(r, rate);
  return all.finite;
}

// Adds the gradients of the mean loss over `instances` to those of the parameters, and appends the
// gradients of the rows. Parameters outside the batch's branch get no gradient and so do not move
// (Theta_1, Theta_2).
void Optimiser::backward(const Batch& batch, size_t instances, Gradients& gradients) const {
  RowGradients& rows = gradients.rows.emplace_back();
  if (batch.instances == 0) {
    rows.values = torch::zeros({0, static_cast<int64_t>(options_.model.dim)});
    return;
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
  for (size_t i = 0; i < gradients.parameters.size(); ++i) {
    if (!grads[i + 1].defined()) continue;
    torch::Tensor& sum = gradients.parameters[i];
    sum = sum.defined() ? sum + grads[i + 1] : grads[i + 1];
  }
  const auto task = static_cast<size_t>(batch.task);
  const auto sum = loss.item<double>();
  gradients.loss_sum[task] += sum;
  gradients.loss_weight[task] += static_cast<double>(batch.instances);
  gradients.finite &= std::isfinite(sum);
}

// In the order of the threads, so that a number of threads always comes to the same weights.
Optimiser::Gradients Optimiser::sum(std::vector<Gradients>& parts) {
  Gradients all;
  all.parameters = std::move(parts[0].parameters);
  for (size_t p = 1; p < parts.size(); ++p) {
    for (size_t i = 0; i < all.parameters.size(); ++i) {
      const torch::Tensor& g = parts[p].parameters[i];
      torch::Tensor& sum = all.parameters[i];
      if (g.defined()) sum = sum.defined() ? sum + g : g;
    }
  }
  std::vector<RowGradients> of_batch(parts.size());
  for (size_t b = 0; b < parts[0].rows.size(); ++b) {
    for (size_t p = 0; p < parts.size(); ++p) of_batch[p] = std::move(parts[p].rows[b]);
    all.rows.push_back(sum_rows(of_batch));
  }
  for (const Gradients& part : parts) {
    for (size_t task = 0; task < 2; ++task) {
      all.loss_sum[task] += part.loss_sum[task];
      all.loss_weight[task] += part.loss_weight[task];
    }
    all.finite &= part.finite;
  }
  return all;
}

// A row that stands in several parts, or several times in one, becomes one.
Optimiser::RowGradients Optimiser::sum_rows(std::span<const RowGradients> parts) {
  if (place_.empty()) place_.assign(plan_.rows(), -1);
  RowGradients joined;
  for (const RowGradients& part : parts) {
    for (const int64_t row : part.rows) {
      int32_t& place = place_[static_cast<size_t>(row)];
      if (place >= 0) continue;
      place = static_cast<int32_t>(joined.rows.size());
      joined.rows.push_back(row);
    }
  }
  const auto dim = static_cast<size_t>(options_.model.dim);
  joined.values = torch::zeros({static_cast<int64_t>(joined.rows.size()), options_.model.dim});
  float* out = joined.values.data_ptr<float>();
  for (const RowGradients& part : parts) {
    const float* values = part.values.data_ptr<float>();
    for (size_t i = 0; i < part.rows.size(); ++i) {
      const auto at = static_cast<size_t>(place_[static_cast<size_t>(part.rows[i])]);
      for (size_t d = 0; d < dim; ++d) out[at * dim + d] += values[i * dim + d];
    }
  }
  for (const int64_t row : joined.rows) place_[static_cast<size_t>(row)] = -1;
  return joined;
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

// No row stands twice in `gradients`, so that the threads move different ones.
void Optimiser::update_rows(const RowGradients& gradients, double rate) {
  const auto dim = static_cast<size_t>(options_.model.dim);
  float* table = state_.table.data_ptr<float>();
  float* first = state_.table_moments.first.data_ptr<float>();
  float* second = state_.table_moments.second.data_ptr<float>();
  int32_t* steps = state_.table_steps.data_ptr<int32_t>();
  const float* values = gradients.values.data_ptr<float>();
  const auto decay = static_cast<float>(options_.embedding_l2);
  const size_t count = gradients.rows.size();
  workers_.run([&](size_t worker) {
    std::vector<float> gradient(dim);
    const size_t end = count * (worker + 1) / workers_.count();
    for (size_t i = count * worker / workers_.count(); i < end; ++i) {
      const auto row = static_cast<size_t>(gradients.rows[i]);
      if (row == plan_.unknown_row()) continue;  // this row stays zero
      for (size_t d = 0; d < dim; ++d) {
        gradient[d] = values[i * dim + d] + decay * table[row * dim + d];
      }
      adam({rate, ++steps[row]}, gradient.data(), dim, table + row * dim, first + row * dim,
           second + row * dim);
    }
  });
}

// Sums gradients over the processes. All processes take the same tasks, so they have the same dense
// gradients. Only a process without instances in this step has none, and adds zeros.
void Optimiser::exchange(Gradients& gradients) {
  for (size_t i = 0; i < gradients.parameters.size(); ++i) {
    torch::Tensor& sum = gradients.parameters[i];
    float has = sum.defined() ? 1.0f : 0.0f;
    peers_->sum({&has, 1});
    if (has == 0) continue;
    sum = sum.defined() ? sum.contiguous()
                        : torch::zeros_like(network_.parameters()[i].value).detach();
    peers_->sum({sum.data_ptr<float>(), static_cast<size_t>(sum.numel())});
  }
  for (RowGradients& r : gradients.rows) r = gather_rows(r);
}

// The gradients of all processes.
Optimiser::RowGradients Optimiser::gather_rows(const RowGradients& mine) {
  RowGradients all;
  all.rows = peers_->gather(std::span<const int64_t>(mine.rows));
  std::vector<float> values = peers_->gather(std::span<const float>(
      mine.values.data_ptr<float>(), static_cast<size_t>(mine.values.numel())));
  all.values = view_of(values, {static_cast<int64_t>(all.rows.size()), options_.model.dim});
  return sum_rows({&all, 1});
}

}  // namespace barker

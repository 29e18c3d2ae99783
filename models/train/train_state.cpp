#include "models/train/initialise.h"
#include "models/train/train_state_torch.h"

namespace barker {

TrainState make_train_state(const ModelPlan& plan, const TrainOptions& options,
                            const TorchNetwork& network) {
  const auto rows = static_cast<int64_t>(plan.rows());
  const auto dim = static_cast<int64_t>(options.model.dim);
  TrainState state;
  state.table = torch::zeros({rows, dim});
  state.table_moments = {torch::zeros({rows, dim}), torch::zeros({rows, dim})};
  state.table_steps = torch::zeros({rows}, torch::kInt32);
  state.best_table = state.table.clone();
  for (const Parameter& p : network.parameters()) {
    state.moments.push_back({torch::zeros_like(p.value), torch::zeros_like(p.value)});
    state.steps.push_back(0);
    state.best.push_back(p.value.detach().clone());
  }
  return state;
}

void initialise_table(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                      TrainState& state) {
  const torch::NoGradGuard no_grad;
  const auto keywords = static_cast<int64_t>(plan.keywords);
  const auto first_bucket = static_cast<int64_t>(plan.first_bucket());
  const auto unknown = static_cast<int64_t>(plan.unknown_row());
  torch::manual_seed(options.seed);
  state.table.slice(0, 0, first_bucket).normal_(0, options.init_deviation);
  state.table.slice(0, keywords, first_bucket).normal_(0, 0.05);
  state.table.slice(0, first_bucket, unknown).normal_(0, 0.01);
  if (options.init == Initialisation::kSvd && keywords > 0) {
    std::vector<float> start =
        svd_embeddings(data, options.model.dim, options.init_deviation, options.seed);
    state.table.slice(0, 0, keywords)
        .copy_(torch::from_blob(start.data(), {keywords, state.table.size(1)}));
  }
}

void reset_moments(TrainState& state) {
  for (size_t i = 0; i < state.moments.size(); ++i) {
    state.moments[i].first.zero_();
    state.moments[i].second.zero_();
    state.steps[i] = 0;
  }
  state.table_moments.first.zero_();
  state.table_moments.second.zero_();
  state.table_steps.zero_();
}

void keep_as_best(const TorchNetwork& network, TrainState& state) {
  const torch::NoGradGuard no_grad;
  state.best_table.copy_(state.table);
  for (size_t i = 0; i < state.best.size(); ++i) {
    state.best[i].copy_(network.parameters()[i].value);
  }
}

void restore_best(TorchNetwork& network, TrainState& state) {
  const torch::NoGradGuard no_grad;
  state.table.copy_(state.best_table);
  for (size_t i = 0; i < state.best.size(); ++i) {
    network.parameters()[i].value.copy_(state.best[i]);
  }
}

}  // namespace barker

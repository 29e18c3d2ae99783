// The state of a training run: everything that the next step depends on, and the best weights so
// far. It is what a checkpoint holds. One thread.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "models/train/plan.h"
#include "models/train/schedule.h"
#include "models/train/torch_network.h"

namespace barker {

struct Moments {
  torch::Tensor first, second;  // of Adam
};

struct TrainState {
  uint32_t phase = 0;  // index into the run's phases
  uint32_t epoch = 0;  // how many epochs of the phase are finished
  Position position;
  double loss_sum[2] = {0, 0}, loss_weight[2] = {0, 0};  // of this epoch, by task
  double best_auc = -1;
  uint32_t best_epoch = 0;  // 0: no epoch of this phase had a validation AUC yet

  torch::Tensor table;  // [rows, D]
  Moments table_moments;
  torch::Tensor table_steps;     // int32 [rows]: Adam steps of every row
  std::vector<Moments> moments;  // of the network's parameters, in order
  std::vector<int64_t> steps;
  torch::Tensor best_table;
  std::vector<torch::Tensor> best;  // parameters of the best epoch
};

// A state before the first step. The table is zero.
TrainState make_train_state(const ModelPlan& plan, const TrainOptions& options,
                            const TorchNetwork& network);

// Fills the table with the values that training starts from (TrainOptions::init).
void initialise_table(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                      TrainState& state);

// Adam starts afresh, as if no step had been taken.
void reset_moments(TrainState& state);

// Copies the current weights to the best ones, and back.
void keep_as_best(const TorchNetwork& network, TrainState& state);
void restore_best(TorchNetwork& network, TrainState& state);

// `identity` says which data and options the checkpoint belongs to. Loading fails with
// failed_precondition if it differs.
Status save_checkpoint(const std::string& path, const std::string& identity,
                       const TrainState& state, const TorchNetwork& network);
Status load_checkpoint(const std::string& path, const std::string& identity, TrainState& state,
                       TorchNetwork& network);

}  // namespace barker

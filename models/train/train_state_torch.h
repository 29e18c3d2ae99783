// Everything a run is at a moment: what a checkpoint holds. Shared by trainer, checkpoint, freeze.
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
  torch::Tensor first, second;
};

struct TrainState {
  uint32_t phase = 0;  // index into the run's phases
  uint32_t epoch = 0;  // finished ones of the phase
  Position position;
  double loss_sum[2] = {0, 0}, loss_weight[2] = {0, 0};  // of this epoch, by task
  double best_auc = -1;
  uint32_t best_epoch = 0;

  torch::Tensor table;  // [rows, D]
  Moments table_moments;
  torch::Tensor table_steps;     // int32 [rows]: Adam steps of every row
  std::vector<Moments> moments;  // of the network's parameters, in order
  std::vector<int64_t> steps;
  torch::Tensor best_table;
  std::vector<torch::Tensor> best;  // parameters of the best epoch
};

// `identity`: what data and options this is a checkpoint of; load fails with failed_precondition
// where it differs.
Status save_checkpoint(const std::string& path, const std::string& identity,
                       const TrainState& state, const TorchNetwork& network);
Status load_checkpoint(const std::string& path, const std::string& identity, TrainState& state,
                       TorchNetwork& network);

}  // namespace barker

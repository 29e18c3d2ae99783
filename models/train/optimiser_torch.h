// One training step: the gradients of its batches, summed over the processes of the run, and Adam
// on what they touch. Only embedding rows that a batch names are moved. One thread.
#pragma once

#include <vector>

#include "models/train/batch.h"
#include "models/train/peers.h"
#include "models/train/train_state_torch.h"

namespace barker {

// The batches of one step, this process's part of them.
struct PreparedStep {
  std::vector<Batch> batches;
  std::vector<size_t> instances;  // of each batch over all processes
  Position after;                 // where the schedule stands behind the step
};

class Optimiser {
 public:
  // Keeps references to all of them. `peers` is null for a run of one process.
  Optimiser(const ModelPlan& plan, const TrainOptions& options, Peers* peers, TorchNetwork& network,
            TrainState& state)
      : plan_(plan), options_(options), peers_(peers), network_(network), state_(state) {}

  // Moves the weights and adds this process's losses to TrainState::loss_sum. False means that a
  // loss of this process was not finite: the weights are worthless from here on.
  bool take_step(const PreparedStep& step, double rate);

 private:
  struct RowGradients {
    std::vector<int64_t> rows;
    torch::Tensor values;  // [rows, D]
  };

  bool backward(const Batch& batch, size_t instances, std::vector<torch::Tensor>& gradients,
                RowGradients& rows);
  void update_parameters(const std::vector<torch::Tensor>& gradients, double rate);
  void update_rows(const RowGradients& gradients, double rate);
  void exchange(std::vector<torch::Tensor>& gradients, std::vector<RowGradients>& rows);
  RowGradients gather_rows(const RowGradients& mine);

  const ModelPlan& plan_;
  const TrainOptions& options_;
  Peers* peers_;
  TorchNetwork& network_;
  TrainState& state_;
};

}  // namespace barker

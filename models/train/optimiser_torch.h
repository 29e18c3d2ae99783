// One training step: the gradients of its batches, summed over the threads and the processes of a
// run, and Adam on what they touch. Only embedding rows that a batch names are moved. All calls
// come from one thread, which lets the others work.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/base/workers.h"
#include "models/train/peers.h"
#include "models/train/step_maker.h"
#include "models/train/train_state_torch.h"

namespace barker {

class Optimiser {
 public:
  // Keeps references to all of them. `peers` is null for a run of one process.
  Optimiser(const ModelPlan& plan, const TrainOptions& options, Workers& workers, Peers* peers,
            TorchNetwork& network, TrainState& state)
      : plan_(plan),
        options_(options),
        workers_(workers),
        peers_(peers),
        network_(network),
        state_(state) {}

  // Moves the weights and adds this process's losses to TrainState::loss_sum. The step has a part
  // for each of the workers. False means that a loss of this process was not finite: the weights
  // are worthless from here on. `then` may be empty; otherwise each worker calls it with its number
  // as soon as it has its gradients.
  bool take_step(const TrainingStep& step, double rate, const std::function<void(size_t)>& then);

 private:
  struct RowGradients {
    std::vector<int64_t> rows;
    torch::Tensor values;  // [rows, D]
  };

  // What one thread finds in its part of a step.
  struct Gradients {
    std::vector<torch::Tensor> parameters;                 // undefined: outside the step's branch
    std::vector<RowGradients> rows;                        // of each batch
    double loss_sum[2] = {0, 0}, loss_weight[2] = {0, 0};  // by task
    bool finite = true;
  };

  void backward(const Batch& batch, size_t instances, Gradients& gradients) const;
  Gradients sum(std::vector<Gradients>& parts);
  RowGradients sum_rows(std::span<const RowGradients> parts);
  void update_parameters(const std::vector<torch::Tensor>& gradients, double rate);
  void update_rows(const RowGradients& gradients, double rate);
  void exchange(Gradients& gradients);
  RowGradients gather_rows(const RowGradients& mine);

  const ModelPlan& plan_;
  const TrainOptions& options_;
  Workers& workers_;
  Peers* peers_;
  TorchNetwork& network_;
  TrainState& state_;
  // [rows of the table] where sum_rows() puts a row; -1 between its calls, empty before the first.
  std::vector<int32_t> place_;
};

}  // namespace barker

// The networks in libtorch: BM, MTDL, AMTDL, late interaction. A unit that includes this header
// takes 20 s to compile, so there should be few of them. Const calls: any thread.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "models/train/batch.h"
#include "models/train/options.h"
#include "models/train/plan.h"

namespace barker {

struct Parameter {
  std::string name;  // also of its tensor in the weight file, if it is stored there (freeze.cpp)
  torch::Tensor value;
  double rate = 1;  // factor of the learning rate
};

// What a training step needs of a batch.
struct TrainingLogits {
  torch::Tensor instances;     // [instances]
  torch::Tensor points;        // [points] of Batch::points, with their offset; undefined: none
  torch::Tensor log_examined;  // [instances] log of P(looked at); undefined: everything is
};

class TorchNetwork {
 public:
  // Dense layers start like those of torch::nn::Linear (uniform, bound 1 / sqrt(in)), drawn with
  // options.seed.
  TorchNetwork(const ModelPlan& plan, const TrainOptions& options);

  // Logits [instances] of the batch's task. table: [batch.rows, D], the rows that the batch uses.
  torch::Tensor logits(const Batch& batch, const torch::Tensor& table) const;
  // With what is trained and not served: the bias of the place in the bar, the selling points
  // before titles, and which places of a page are looked at.
  TrainingLogits training_logits(const Batch& batch, const torch::Tensor& table) const;

  // P(looked at) of each place of a page, relative to the first one; empty where it is not trained.
  std::vector<float> examination() const;

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const torch::Tensor& at(const std::string& name) const;

 private:
  torch::Tensor add(const std::string& name, std::vector<int64_t> shape, double bound);
  void add_observation(const TrainOptions& options);
  void add_chain(const std::string& prefix, int64_t in, const std::vector<uint32_t>& outs);
  // What the instances of a batch share.
  struct Context {
    torch::Tensor user, query;  // [searches, D] before dropout
    torch::Tensor groups;       // [searches, groups * D]
  };
  // Instances of one task: row i of `target` belongs to search search[i] of the batch.
  struct Instances {
    Task task;
    torch::Tensor target;  // [n, D]
    const std::vector<int64_t>& search;
    const std::vector<float>& match;  // [n, kMatchInputs] as Batch::match
  };
  Context context_of(const Batch& batch, const torch::Tensor& table) const;
  torch::Tensor batch_logits(const Batch& batch, const torch::Tensor& table,
                             const Context& context) const;
  torch::Tensor point_logits(const Batch& batch, const torch::Tensor& table,
                             const Context& context) const;
  torch::Tensor head_logits(const Context& context, const Instances& instances) const;
  torch::Tensor log_examination() const;
  torch::Tensor title_vectors(const Batch& batch, const torch::Tensor& table,
                              const torch::Tensor& user, const torch::Tensor& query) const;
  torch::Tensor shared_layers(const Instances& instances, const torch::Tensor& context,
                              const torch::Tensor& target) const;
  torch::Tensor match_of(const Instances& instances) const;

  ModelOptions options_;
  bool position_correction_, examination_;
  int64_t groups_;
  std::vector<Parameter> parameters_;
};

}  // namespace barker

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
};

class TorchNetwork {
 public:
  // Dense layers start like those of torch::nn::Linear (uniform, bound 1 / sqrt(in)), drawn with
  // options.seed.
  TorchNetwork(const ModelPlan& plan, const TrainOptions& options);

  // Logits [instances] of the batch's task. table: [batch.rows, D], the rows that the batch uses.
  // If `training`, they include the bias of the place in the bar.
  torch::Tensor logits(const Batch& batch, const torch::Tensor& table, bool training = false) const;

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const torch::Tensor& at(const std::string& name) const;

 private:
  torch::Tensor add(const std::string& name, std::vector<int64_t> shape, double bound);
  void add_chain(const std::string& prefix, int64_t in, const std::vector<uint32_t>& outs);
  torch::Tensor title_vectors(const Batch& batch, const torch::Tensor& table,
                              const torch::Tensor& user, const torch::Tensor& query) const;
  torch::Tensor attended_history(const Batch& batch, const torch::Tensor& table,
                                 const torch::Tensor& target, const torch::Tensor& query) const;
  torch::Tensor shared_layers(const Batch& batch, const torch::Tensor& context,
                              const torch::Tensor& target) const;
  torch::Tensor mixed_experts(Task task, const torch::Tensor& x) const;

  ModelOptions options_;
  bool position_correction_;
  int64_t groups_;
  std::vector<Parameter> parameters_;
};

}  // namespace barker

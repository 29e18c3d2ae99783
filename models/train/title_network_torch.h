// The auxiliary network alone: how it starts, what it says of titles, and its weight file
// (title_trainer.h). One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/train/title_trainer.h"
#include "models/train/title_words.h"
#include "models/train/torch_network.h"

namespace barker {

class TitleNetwork {
 public:
  // linear: what it starts as; null: it starts without it. Keeps references to the first two.
  TitleNetwork(const TestedWords& words, const TitleOptions& options, const LinearTitle* linear,
               const WordCodes& codes);

  // How many codes a network of these options can carry: each takes two units of the first layer.
  static uint32_t most_codes(const ModelOptions& model);

  // What a step leaves out of titles and their vectors, as a function of this key.
  using Noise = std::optional<uint64_t>;

  // Scores of titles, given by their numbers. With gradients, which must be taken before the next
  // call.
  torch::Tensor scores(std::span<const uint32_t> titles, Noise noise) const;

  // Gradients of the loss, and of the penalty on what was learned beyond the start. word_penalty is
  // that of the linear scores.
  void take_step(const torch::Tensor& loss, double rate, double word_penalty);

  struct Weights {
    torch::Tensor table;
    std::vector<torch::Tensor> layers;
  };
  Weights copy() const;
  void restore(const Weights& weights);

  // Names, tensors and golden vectors. A title's click rate is sigma(score + offset).
  ModelSpec model(double offset) const;

 private:
  void start_table(const LinearTitle* linear, const WordCodes& codes);
  void start_layers();
  void start_as(const LinearTitle& linear, uint32_t codes);
  torch::Tensor layer(const std::string& name) const;
  Batch batch_of(std::span<const uint32_t> titles, Noise noise) const;
  std::vector<GoldenSpec> golden() const;

  const TestedWords& words_;
  const TitleOptions& options_;
  ModelPlan plan_;
  TorchNetwork network_;
  torch::Tensor table_, start_;  // [words + 1, D]; the last row is that of unknown words
  bool is_linear_;
  mutable Batch batch_;  // of the last scores(), which autograd reads
  struct Moments {
    torch::Tensor first, second;
  };
  std::vector<Moments> moments_;  // of the table, then of the network's parameters
  int64_t steps_ = 0;
};

}  // namespace barker

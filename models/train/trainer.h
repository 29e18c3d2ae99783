// Trains the base model BM (Eq. 4-9) on instances. libtorch stays inside trainer.cpp. One run at a
// time per process; with one thread, equal seeds give equal weights.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/result.h"
#include "models/train/instances.h"
#include "models/weight_writer.h"

namespace barker {

struct TrainOptions {
  uint32_t dim = 32;
  std::vector<uint32_t> hidden = {64, 32};
  double learning_rate = 2e-3;  // Adam
  double embedding_l2 = 1e-5;
  double dropout = 0.1;          // on the pooled context and on e_v
  double history_dropout = 0.3;  // share of history keywords left out, anew each time
  uint32_t batch_searches = 256;
  uint32_t max_epochs = 60;
  uint32_t patience = 4;  // epochs without a better validation AUC
  uint64_t seed = 1;
  int threads = 1;
  bool svd = true;  // start embeddings from co-occurrence (PPMI, SVD) instead of noise
};

struct Epoch {
  uint32_t number;
  double train_loss;  // Eq. 9, mean negative log-likelihood
  double validation_auc;
  double instances_per_second;
  bool best;
};

struct Prediction {
  uint32_t user;
  uint8_t clicked;
  uint32_t keyword;
  float probability;
};

struct Trained {
  ModelSpec model;                           // tensors, names, golden vectors; without card
  std::vector<Prediction> validation, test;  // of the best epoch's weights
};

// Embeddings [keywords, dim] from which keywords stand together in titles, queries and histories of
// the training split: truncated SVD of the positive pointwise mutual information, scaled to a
// standard deviation of .3.
std::vector<float> svd_embeddings(const Instances& instances, uint32_t dim, uint64_t seed);

Result<Trained> train_base_model(const Instances& instances, const TrainOptions& options,
                                 const std::function<void(const Epoch&)>& progress);

}  // namespace barker

// Trains BM, MTDL and AMTDL on a dataset: Algorithm 1 (alternating), pre-training with fine-tuning,
// or joint; Adam that touches only the rows a batch names; early stop on the validation AUC of the
// main task. libtorch stays behind this header.
//
// Every random choice is a function of (seed, step, search): equal options, data and one thread
// give bit-equal weights, also across a kill and a resume. One run at a time per process.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/train/options.h"
#include "models/weights/writer.h"

namespace barker {

class Peers;

struct EpochReport {
  const char* phase;           // "main", "alternate", "joint", "pre-train", "fine-tune"
  uint32_t number;             // from 1, in its phase
  double main_loss, aux_loss;  // Eq. 14, 15 with their minus signs, means; NaN where none
  double validation_auc;       // of the main task; in pre-training of the auxiliary one
  bool best;
  double instances_per_second;
};

struct StepReport {
  const char* phase;
  uint32_t epoch;
  uint64_t step, steps;  // in this epoch
  double instances_per_second;
  double seconds_left;  // of this epoch
};

struct RunOptions {
  std::string checkpoint;                   // file; empty: none is written
  uint64_t checkpoint_steps = 0;            // also after so many steps; 0: after epochs only
  bool resume = false;                      // from `checkpoint`, which must be there
  const std::atomic<bool>* stop = nullptr;  // when true: save a checkpoint and return
  Peers* peers = nullptr;                   // other processes of this run (peers.h)
  std::function<void(const EpochReport&)> on_epoch;
  std::function<void(const StepReport&)> on_step;  // about once a second
};

struct Trained {
  bool stopped = false;  // by RunOptions::stop: there is a checkpoint and no model
  ModelSpec model;       // tensors, names, calibration, golden vectors; card without name
  // Of the test split's SFs, for experiments (ModelOptions::is_experiment), which have no model.
  std::vector<float> test_logits;
  double validation_auc = 0;
  uint32_t epochs = 0;
};

// Fails with bad_data where there is nothing to learn from: no impressions, one class only, an
// auxiliary task without ads; with failed_precondition where a checkpoint is of other data or
// options.
Result<Trained> train(const Dataset& data, const TrainOptions& options, const RunOptions& run);

}  // namespace barker

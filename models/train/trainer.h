// Trains BM, MTDL and AMTDL on a dataset, by Algorithm 1 of the paper (alternating), by
// pre-training and fine-tuning, or jointly. Adam moves only the embedding rows that a batch uses.
// Training ends early when the validation AUC of the main task no longer rises. No header of
// libtorch is needed to call it.
//
// Every random choice is a function of seed, step and search. With one thread, equal options and
// data give bit-equal weights, even if the run is killed and resumed in between. A process runs one
// training at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/train/increment.h"
#include "models/train/keyword_trend.h"
#include "models/train/options.h"
#include "models/weights/writer.h"

namespace barker {

class Peers;

struct EpochReport {
  const char* phase;  // "main", "alternate", "joint", "pre-train", "fine-tune", "cool-down"
  uint32_t number;    // in its phase, from 1
  double main_loss, aux_loss;  // means of Eq. 14, 15 with their minus signs; NaN without the task
  double validation_auc;       // of the main task; of the auxiliary one in pre-training
  bool best;
  double instances_per_second;
  double learning_rate;
  // What this process did of the epoch, judging left out. A run that was resumed did only a part.
  uint64_t instances;
  double seconds;
  // Validation AUC of each task; NaN where it is not trained. The one that ends training is always
  // known, the other one if RunOptions::judge_both.
  double main_auc, auxiliary_auc;
};

struct StepReport {
  const char* phase;
  uint32_t epoch;
  uint64_t step, steps;  // in this epoch
  double instances_per_second;
  double seconds_left;  // of this epoch
};

struct RunOptions {
  std::string checkpoint;         // file to save the state in after each epoch; empty: none
  uint64_t checkpoint_steps = 0;  // > 0: the state is also saved each time after this many steps
  bool resume = false;            // go on from `checkpoint`, which must exist
  // A weight file to start from (warm_start_torch.h); empty: start anew. A resumed run needs it
  // only for an increment, which keeps keywords of it at its end.
  std::string start;
  // What `start` has left to be learned of the log (increment.h); nothing: learn all of it. A
  // resumed run must have it, too.
  std::optional<Increment> increment;
  // When it becomes true, the run saves a checkpoint after the current step and returns. In a run
  // of several processes it is enough to set it in one of them: all stop after the same step.
  const std::atomic<bool>* stop = nullptr;
  Peers* peers = nullptr;  // the other processes of this run (peers.h)
  std::function<void(const EpochReport&)> on_epoch;
  bool judge_both = false;  // epochs report the AUC of both tasks, which takes time
  std::function<void(const StepReport&)> on_step;  // about once a second
};

struct Trained {
  bool stopped = false;  // by RunOptions::stop; there is then a checkpoint and no model
  ModelSpec model;       // tensors, names, calibration and golden vectors; the card has no name
  // P(looked at) of the places that the training split's pages have, relative to the first one
  // (TrainOptions::examination).
  std::vector<float> examination;
  KeywordTrend trend;  // TrainOptions::trend_half_life; the model's biases have it
  // Why the cool-down was given up, so that the weights before it were kept; empty: it was not.
  std::string lost_cool_down;
  double validation_auc = 0;  // of the main task by the model, with the trend where it has one
  uint32_t epochs = 0;
  uint32_t rows_taken = 0, rows_begun = 0;  // of a start from RunOptions::start
  uint32_t rows_kept = 0;                   // of an increment: of keywords that the log lacks
};

// Fails with bad_data if there is nothing to learn from: no impressions, only one class, or an
// auxiliary task without ads. Fails with failed_precondition if the checkpoint belongs to other
// data or options. Fails with bad_configuration if training diverges, that is if a loss or a
// validation AUC is not finite; there is no model then.
//
// In a run of several processes, all must have equal data, options and checkpoint_steps, and a run
// that is resumed must find equal checkpoints in all of them; before the first step they compare
// these, and if they differ, all fail with failed_precondition. Only rank 0 writes checkpoints. An
// error of one process is an error of all, and io_error says that another process was lost.
Result<Trained> train(const Dataset& data, const TrainOptions& options, const RunOptions& run);

}  // namespace barker

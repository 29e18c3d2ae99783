// Runs one training as a process of its own and judges its weight file. A process, because its
// memory then goes back to the system whatever libtorch keeps, and because a training that crashes
// or is killed for want of memory ends alone. One thread; a process runs one trial at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/cli/trial_journal.h"
#include "models/data/dataset.h"
#include "models/train/options.h"

namespace barker {

// From now on, SIGINT and SIGTERM end the trial that runs with a checkpoint, and the caller goes
// on.
void catch_stop_signals();
bool is_stop_requested();

// The files of one trial.
struct TrialFiles {
  TrialFiles(const std::string& directory, const std::string& name)
      : weights(directory + "/" + name + ".barker"),
        options(directory + "/" + name + ".toml"),
        epochs(directory + "/" + name + ".epochs.jsonl"),
        messages(directory + "/" + name + ".log") {}
  std::string weights;   // written when the training ends well
  std::string options;   // all of them, as --config reads them
  std::string epochs;    // one JSON object for each
  std::string messages;  // what the training prints
};

// Trains with `options` on the dataset file. Goes on from the checkpoint of an earlier process, if
// there is one. `trial` gets seconds and, if the training diverges or its process is killed, the
// failure. False if a signal asked for the end; the trial is then not over. An error ends the
// search: it would come again with other options, too (a full disk, a dataset that has vanished).
Result<bool> run_trial(const std::string& data, const TrainOptions& options,
                       const TrialFiles& files, Trial& trial);

// Judges a weight file on a split, through the serving kernels. Adds "NAME auc", "NAME log loss",
// "NAME calibration error", and "NAME auxiliary auc" where there is that task, if the split has
// instances and the figure is known.
Status add_metrics(const std::string& weights, const Dataset& data, Split split,
                   double negatives_kept, std::map<std::string, double>& metrics);

}  // namespace barker

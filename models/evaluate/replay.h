// What users' own states (scoring/user_state.h) would have brought: a log is replayed in the order
// of its times, each search is scored with what its user's state had learned until then, and then
// the state learns from what the search showed and what was clicked. Scores and steps are those of
// the code that serves. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/weights/weight_file.h"
#include "scoring/forward.h"

namespace barker {

struct ReplayOptions {
  double prior_variance = 0.01;  // user_state.h
  // The first split that states learn from, at most the one that is judged. States that begin with
  // the judged split are those of a host to which the weights are new.
  Split learn_from = Split::kTrain;
};

// Of each instance of the judged split and task, in the order of instances_of().
struct ReplayedScores {
  std::vector<float> probability;     // with the state of its user
  std::vector<uint32_t> impressions;  // that the state had learned from before that search
};

// Searches of one moment do not learn from each other. A state learns from SFs alone and changes
// what is predicted of both tasks. An SF whose keyword the model does not know has the probability
// `unknown`, and no state learns from it. invalid_argument where the model has no late interaction,
// or not the task. The memory is 8 R bytes for each user that was shown an SF.
Result<ReplayedScores> replay(const WeightFile& file, const KernelTable& kernels,
                              const Dataset& data, Split judged, Task task,
                              const ReplayOptions& options, float unknown);

// Instances whose users' states had learned from so many impressions.
struct ReplaySlice {
  std::string name;
  uint64_t instances = 0, users = 0;
  Interval without, with;  // AUC by user
  Interval gain;           // paired
  double log_loss_without = 0, log_loss_with = 0;
};

// All instances first, then by what the states had learned from: nothing, little, more.
std::vector<ReplaySlice> judge_replay(const InstanceTable& table, const std::vector<float>& without,
                                      const ReplayedScores& with, int draws, uint64_t seed);

}  // namespace barker

// How a training goes: its phases, the rate of each step, when a phase ends, and which epoch is
// kept. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/train/options.h"
#include "models/train/schedule.h"

namespace barker {

class Course {
 public:
  // `options` must outlive it. An increment (increment.h) has one phase in which both tasks are
  // learned. An increment and a cool-down have a rate of their own that falls to 0, and no early
  // stop.
  Course(const TrainOptions& options, bool is_increment);

  const std::vector<Phase>& phases() const { return phases_; }

  // Of a step, counted from 0 since the phase began; an epoch has `steps` of them.
  double rate(Phase phase, uint64_t step, uint64_t steps) const;

  // After `epoch` epochs of a phase, of which `best` (0: none) was the best one.
  bool is_over(Phase phase, uint32_t epoch, uint32_t best) const;

  // Whether the weights of an epoch are kept, by its validation AUC and the best one before, which
  // for a cool-down is that of the phase that it follows. Of an increment the last epoch is kept,
  // because its steps are the smallest ones, and what a day changes is less than what a validation
  // split can tell.
  bool is_kept(double auc, double best_auc) const;

  // Which options to change where a run has diverged, and `best` is as above.
  std::string advice(Phase phase, uint32_t best, double best_auc) const;

 private:
  // Of a phase whose rate falls to 0 with its last step.
  struct Fall {
    uint32_t epochs;
    double rate;                        // of the first step
    const char *rate_key, *epochs_key;  // of the options that say so
  };
  std::optional<Fall> fall(Phase phase) const;

  const TrainOptions& options_;
  bool is_increment_;
  std::vector<Phase> phases_;
};

}  // namespace barker

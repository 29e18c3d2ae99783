// The canary of a serving engine: started when a version of the weights directory is labelled
// "canary", judged beside the weights that serve, stopped when it fails or loses its label.
//
// A canary is on probation as long as it is one, because by default nobody sees a canary when it
// starts. A canary that failed is not started again until its label or file changes. A CanaryCycle
// does nothing where the plugin lacks BARKER_EXT_CANARY. One thread, the one of the LifeCycle that
// owns it.
#pragma once

#include <cstdint>
#include <string>

#include "plugin/host/control.h"
#include "plugin/host/events.h"
#include "plugin/host/probation.h"
#include "plugin/host/source.h"

namespace barker {

class CanaryCycle {
 public:
  // The control must outlive this object.
  CanaryCycle(const Control& control, LifeCycleLog log, WatchedWeights weights, Tolerance tolerance)
      : control_(control), log_(log), weights_(std::move(weights)), tolerance_(tolerance) {}

  void look();               // starts or forgets what the label says
  void look_at_probation();  // stops a canary that fails
  void compare() const;      // asks both generations some of the recorded queries
  void try_again() { source_.try_again(); }

  bool is_running() const { return generation_ != 0; }
  const std::string& fault() const { return source_.fault(); }  // of what the label names
  uint64_t unreadable() const { return unreadable_; }           // events of it

  // Whether the canary that runs is this very file, so that it can be promoted instead of being
  // loaded again.
  bool is(const FoundFile& weights) const;
  void was_promoted() { generation_ = 0; }

 private:
  void start(const FoundFile& found);
  void forget(const std::string& reason);
  void stop(const std::string& reason);
  ProbationVerdict judge_times(const barker_generation_stats& now);

  const Control& control_;
  const LifeCycleLog log_;
  const WatchedWeights weights_;
  const Tolerance tolerance_;
  Source source_;
  uint64_t unreadable_ = 0;
  uint64_t generation_ = 0;    // 0: no canary runs
  SideBySide times_;           // of serving weights and canary
  bool told_failure_ = false;  // an event said that the canary could not be stopped yet
  bool told_speed_ = false;    // an event said that the speed of this canary is not judged
};

}  // namespace barker

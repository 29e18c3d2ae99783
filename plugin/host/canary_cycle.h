// The canary of a serving engine: started when a version of the weights directory is labelled
// "canary", judged beside the weights that serve, stopped when it fails or loses its label.
//
// A canary is on probation as long as it is one, because by default nobody sees a canary when it
// starts. A canary that failed is not started again until its label or file changes. A CanaryCycle
// does nothing where the plugin lacks BARKER_EXT_CANARY.
//
// Shares that a command sets hold for the canary that runs, or the next one where none does. When
// it ends, or another takes its place, they are as the plugin is configured again, so that no
// canary begins with the share that the one before had reached. A plugin before 1.5 does not tell
// its shares and keeps those that were set.
//
// One thread, the one of the LifeCycle that owns it.
#pragma once

#include <cstdint>
#include <optional>
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
      : control_(control),
        log_(log),
        weights_(std::move(weights)),
        tolerance_(tolerance),
        configured_(control.shares()) {}

  void look();               // starts or forgets what the label says
  void look_at_probation();  // stops a canary that fails
  void compare() const;      // asks both generations some of the recorded queries
  void try_again() { source_.try_again(); }

  Status set_shares(const Control::Shares& shares);
  // In force. Where the plugin does not tell: those that were set, if any were.
  std::optional<Control::Shares> shares() const;

  bool is_running() const { return generation_ != 0; }
  const std::string& fault() const { return source_.fault(); }  // of what the label names
  uint64_t unreadable() const { return unreadable_; }           // events of it

  // Whether the canary that runs is this very file, so that it can be promoted instead of being
  // loaded again.
  bool is(const FoundFile& weights) const;
  void was_promoted();

 private:
  void start(const FoundFile& found);
  void forget(const std::string& reason);
  void stop(const std::string& reason);
  void restore_shares();
  ProbationVerdict judge_times(const barker_generation_stats& now);

  const Control& control_;
  const LifeCycleLog log_;
  const WatchedWeights weights_;
  const Tolerance tolerance_;
  const std::optional<Control::Shares> configured_;  // nothing: the plugin does not tell
  std::optional<Control::Shares> set_;               // by a command; nothing: as configured
  bool must_restore_ = false;                        // set_ was for a canary that ended
  Source source_;
  uint64_t unreadable_ = 0;
  uint64_t generation_ = 0;    // 0: no canary runs
  SideBySide times_;           // of serving weights and canary
  bool told_failure_ = false;  // an event said that the canary could not be stopped yet
  bool told_speed_ = false;    // an event said that the speed of this canary is not judged
};

}  // namespace barker

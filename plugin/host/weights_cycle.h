// The weights that serve: loaded when they change, judged while they are on probation, taken back
// when they fail.
//
// The way back, which `rollback` takes, always leads to weights that passed their probation:
//   nothing is on probation   new weights are loaded; those that served become the way back
//   B is on probation, A is   new weights C replace B and go on probation (barker.swap/1); the way
//   the way back              back still leads to A, and B serves until C does. Where C is refused,
//                             B stays on probation
//   the same, and the plugin  C waits, and one event says so, until B has passed its probation or
//   lacks barker.swap/1       was taken back: such a plugin would make B, which nobody has judged
//                             yet, the way back. roll_back() does not wait
//
// One thread, the one of the LifeCycle that owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "plugin/host/canary_cycle.h"
#include "plugin/host/control.h"
#include "plugin/host/events.h"
#include "plugin/host/probation.h"
#include "plugin/host/source.h"

namespace barker {

class WeightsCycle {
 public:
  // Control and canary must outlive this object.
  WeightsCycle(const Control& control, LifeCycleLog log, WatchedWeights weights,
               double probation_seconds, Tolerance tolerance, CanaryCycle& canary)
      : control_(control),
        log_(log),
        weights_(std::move(weights)),
        probation_seconds_(probation_seconds),
        tolerance_(tolerance),
        canary_(canary) {}

  // Loads the first weights, which have no probation: there is nothing to go back to.
  Status start();

  Status look();             // loads what is new; the error says why it is refused or unreadable
  void look_at_probation();  // takes back what fails
  void try_again() { source_.try_again(); }

  // Takes back what serves because an administrator asked for it. Returns the event.
  Result<std::string> roll_back();

  // New weights were found that wait for the end of a probation.
  bool are_waiting() const { return !waiting_.empty(); }
  bool has_path() const { return !weights_.path.empty(); }
  bool are_refused() const { return source_.is_refused(); }
  const std::string& fault() const { return source_.fault(); }  // of what CURRENT names
  uint64_t unreadable() const { return unreadable_; }           // events of it
  bool were_rolled_back() const { return rolled_back_; }

 private:
  struct Probation {
    uint64_t generation;
    Measure before;  // of the weights that the way back leads to
    // Of the same weights; where they could not be read, of those that served last.
    Result<Latencies> times_before;
    std::chrono::steady_clock::time_point ends;
    bool told_failure = false;  // an event said that the weights could not be taken back yet
    bool told_speed = false;    // an event said that their speed is not judged
  };
  Status switch_to(const FoundFile& found);
  Result<uint64_t> make_serving(const FoundFile& found, bool is_canary) const;
  void begin_probation(uint64_t generation, const Measure& before, Result<Latencies> times_before);
  ProbationVerdict judge_now(const barker_generation_stats& now);
  std::optional<Slowdown> slowdown_now(const barker_generation_stats& now);
  void wait_for_probation(const FoundFile& found);
  void take_back(const barker_generation_stats& stats, const ProbationVerdict& verdict);

  const Control& control_;
  const LifeCycleLog log_;
  const WatchedWeights weights_;
  const double probation_seconds_;
  const Tolerance tolerance_;
  CanaryCycle& canary_;
  Source source_;
  std::optional<Probation> probation_;
  uint64_t unreadable_ = 0;
  std::string waiting_;  // identity of the weights that wait, which was reported; empty: none
  // The weights that serve were rolled back to, so that another rollback would lead to those that
  // were taken back.
  bool rolled_back_ = false;
};

}  // namespace barker

// What happens to weights, canary and rules while an engine serves: loaded at the start and when
// they change, refused, on probation, taken back. One JSON line for every event.
//
// What was refused or taken back is not tried again until it changes or retry() asks for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "models/result.h"
#include "plugin/barker.h"

namespace barker {

struct Watched {
  // A weight file or a directory: of a directory CURRENT serves, and label.canary, where there is
  // one, goes beside it. Empty: none.
  std::string weights = {};
  std::string rules = {};  // file; empty: none

  // New weights are on probation for so many seconds. Those before them serve again, and a canary
  // stops, when meanwhile
  //   more than `most_failures` of its queries were bypassed, at least 20 of them, or
  //   its p99 is more than `slowest` times that of the generation it stands beside or follows,
  //   after at least 2000 queries of both; 0: that does not matter.
  double probation_seconds = 30;
  double most_failures = 0.01;
  double slowest = 4;

  std::function<void(const std::string& line)> tell = {};  // events; empty: standard error
};

// Makes the control calls of a plugin: nobody else may meanwhile. One thread.
class LifeCycle {
 public:
  LifeCycle(const barker_api& api, barker_plugin* plugin, Watched watched);

  // Loads what is there. An error where weights or rules are refused; a refused canary is an event.
  Status start();

  // Looks for changes and at what is on probation, and compares the canary.
  void look();
  void retry();
  bool has_canary() const;

  // An administrator's command, and its answer as JSON: {"error": ...} where it could not be done.
  //   status   shares S C   rollback   reload
  std::string answer(const std::string& command);

 private:
  struct Source {
    std::string seen;      // identity of what was last tried
    bool refused = false;  // ... in vain
  };
  struct Probation {
    uint64_t generation = 0;  // 0: none
    uint64_t p99_before = 0;  // of what served before it, where enough queries say
    std::chrono::steady_clock::time_point ends;
  };
  Status look_at_weights();
  Status look_at_rules();
  void look_at_canary();
  void look_at_probation(int32_t role, Probation& probation);
  void begin_probation(Probation& probation, uint64_t generation, uint64_t p99_before) const;
  void take_back(int32_t role, const barker_generation_stats& stats, const std::string& reason);
  void stop_canary(const std::string& reason);
  void compare() const;
  barker_generation_stats stats(int32_t role) const;
  std::string status() const;
  std::string set_shares(const std::string& served, const std::string& compared);
  std::string roll_back();
  void tell(const std::string& line) const;

  const barker_api& api_;
  barker_plugin* const plugin_;
  const Watched watched_;
  const barker_canary* const canary_;  // null: the plugin is of ABI 1.0
  Source weights_, rules_, canary_source_;
  Probation weights_probation_, canary_probation_;
};

}  // namespace barker

// What happens to weights, canary and rules while an engine serves: loaded at the start and when
// they change, refused, on probation, taken back. One JSON line for every event.
//
// What was refused or taken back is not tried again until it changes or retry() asks for it; what
// was refused also when its signature changes. While CURRENT, a label or a file cannot be read,
// nothing changes, and one event says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/host/probation.h"

namespace barker {

struct Watched {
  // A weight file or a directory: of a directory CURRENT serves, and label.canary, where there is
  // one, goes beside it. Empty: none.
  std::string weights = {};
  std::string rules = {};  // file; empty: none

  // New weights are on probation for so many seconds, a canary for as long as it is one. The last
  // that passed theirs serve again, and a canary stops, when meanwhile
  //   more than `most_failures` of its queries found no finite score or no memory,
  //   more were bypassed, for whatever reason, than that share beyond what the generation before
  //   or beside it bypasses (an overload is no fault of the weights),
  //   more of the compared queries failed with the canary than that share beyond those of the
  //   other, each time at least 20 queries, or
  //   its p99 is more than `slowest` times that of the generation before or beside it, after at
  //   least 2000 queries of both; 0: that does not matter.
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
  bool has_canary() const { return canary_generation_ != 0; }

  // An administrator's command, and its answer as JSON: {"error": ...} where it could not be done.
  //   status   shares S C   rollback   reload
  std::string answer(const std::string& command);

 private:
  using Stats = std::optional<barker_generation_stats>;  // none: the plugin is too busy to look

  // What became of what was last tried. kTrying is found again only where an exception (no memory)
  // ended the attempt: then it is made anew.
  enum class Outcome { kTrying, kInForce, kRefused, kTakenBack };
  struct Source {
    std::string seen;       // identity of what was last tried
    std::string signature;  // ... and of its signature
    Outcome outcome = Outcome::kInForce;
    std::string unreadable;  // why there was nothing to try at the last look; empty: there was

    bool is_due(const std::string& identity, const std::string& signature_now) const;
    void begin(std::string identity, std::string signature_now);
    void take_back();
    void try_again();
  };
  struct Probation {
    uint64_t generation = 0;  // 0: none
    Measure before;
    std::chrono::steady_clock::time_point ends;
  };
  Status look_at_weights();
  Status try_weights(const std::string& path, const std::string& identity,
                     const std::string& signature);
  bool step_back();
  void step_forward();
  void begin_probation(uint64_t generation, const Measure& before);
  void look_at_probation();
  void take_back(const barker_generation_stats& stats, const Verdict& verdict);
  void look_at_canary();
  void try_canary(const std::string& path);
  void look_at_canary_probation();
  void forget_canary(const char* reason);
  void stop_canary(const char* reason);
  void compare() const;
  Status look_at_rules();
  Status load_rules() const;
  Status unreadable(Source& source, const char* event, const Status& why) const;
  Stats stats(int32_t role) const;
  barker_agreement agreement() const;
  std::string status() const;
  std::string set_shares(const std::string& served, const std::string& compared);
  std::string roll_back();
  void tell(const std::string& line) const;

  const barker_api& api_;
  barker_plugin* const plugin_;
  const Watched watched_;
  const Tolerance tolerance_;
  const barker_canary* const canary_;  // null: the plugin is of ABI 1.0
  Source weights_, rules_, canary_source_;
  Probation weights_probation_;
  uint64_t canary_generation_ = 0;  // 0: none
  // What serves was rolled back to. The way back now leads to what was taken back.
  bool rolled_back_ = false;
};

}  // namespace barker

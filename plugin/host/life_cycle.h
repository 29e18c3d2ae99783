// What happens to weights, canary, rules and experiments while an engine serves: they are loaded at
// the start and when they change, refused, judged on probation, and taken back. Each event is one
// JSON line.
//
// What was refused or taken back is not tried again until its file changes or retry() asks for it;
// what was refused is also tried again when its signature changes. While CURRENT, a label or a file
// cannot be read, or other users can write to CURRENT or the label, nothing changes, and one event
// says so.
//
// The parts: weights_cycle.h (the way back and probation), canary_cycle.h, followed_text.h (rules
// and experiments).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

struct Watched {
  // A weight file or a weights directory. Of a directory, the version that CURRENT names serves,
  // and the one that label.canary names, if any, is the canary. Empty: no weights.
  std::string weights = {};

  // Follow CURRENT and label.canary although other users can write to them. Otherwise such a
  // pointer is an error, as one that cannot be read is. Set it where the plugin's configuration
  // sets shared_directory.
  bool shared_directory = false;

  // Load weights and canary again when they change. Otherwise they are loaded at the start and
  // where retry(), `look` or `reload` asks for it. Rules and experiments are followed in any case.
  bool follow_weights = true;

  std::string rules = {};        // file; empty: no rules
  std::string experiments = {};  // file (plugin/experiments.h); empty: no experiments

  // New weights are on probation for so many seconds, and a canary for as long as it is one. During
  // that time, the weights before them serve again, or the canary stops, when
  //   more than `most_failures` of its queries found no finite score or no memory,
  //   it bypassed more queries, for whatever reason, than that share beyond what the generation
  //   before or beside it bypasses (an overload is no fault of the weights),
  //   more of the compared queries failed with the canary than that share beyond those that failed
  //   with the serving weights, in each case at least 20 queries, or
  //   its p99 is shown to be more than `slowest` times that of the generation before or beside it,
  //   by a rank test of the queries' times at the level 1%, however often it is looked at, and
  //   after at least 2,000 queries of both (slowdown.h); 0: speed is not judged.
  // The times are those of served queries. A canary without a share of the users, which is only
  // compared, is not judged on speed, because the plugin tells two quantiles of compared queries
  // and not their times. One event says that speed is not judged, and why, where the plugin does
  // not tell times (before 1.5) and where reading them failed. Times before new weights can be read
  // only when these come; later times are read again at each look.
  double probation_seconds = 30;
  double most_failures = 0.01;
  double slowest = 4;

  std::function<void(const std::string& line)> tell = {};  // events; empty: standard error
};

// A LifeCycle makes the control calls of a plugin; no other code may make any while it lives. The
// plugin must outlive it. One thread.
class LifeCycle {
 public:
  LifeCycle(const barker_api& api, barker_plugin* plugin, Watched watched);
  ~LifeCycle();

  // Loads rules, weights, experiments and canary for the first time. Fails where weights, rules or
  // experiments are refused; a refused canary is only an event.
  Status start();

  // Looks for changes and at what is on probation, and compares the canary.
  void look();

  // Makes what was refused or taken back due at the next look, which looks at weights that are not
  // followed, too.
  void retry();

  bool has_canary() const;

  // How often an event said that weights or a canary cannot be read. The plugin, which is not asked
  // to load them, does not count these among those it refused.
  uint64_t unreadable() const;

  // Whether the file as it is now was refused, so that what was in force before it is still.
  bool are_rules_refused() const;
  bool are_experiments_refused() const;

  // Answers an administrator's command with one line of JSON, {"error": ...} where it failed:
  //   status, look, reload (which looks after retry()), rollback, shares SERVED COMPARED,
  //   reload weights (the same, where there are weights), reload rules (and nothing else)
  std::string answer(const std::string& command);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace barker

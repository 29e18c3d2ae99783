// The rules file of a serving engine: what it says comes into force when it changes.
//
// Where a file is refused or cannot be read, one event says so and the rules before it stay in
// force. One thread, the one of the LifeCycle that owns it.
#pragma once

#include <string>

#include "plugin/host/control.h"
#include "plugin/host/events.h"
#include "plugin/host/source.h"

namespace barker {

class RulesCycle {
 public:
  // `file` may be empty: no rules. The control must outlive this object.
  RulesCycle(const Control& control, LifeCycleLog log, std::string file)
      : control_(control), log_(log), file_(std::move(file)) {}

  Status look();
  void try_again() { source_.try_again(); }
  bool are_refused() const { return source_.is_refused(); }

 private:
  Status load() const;

  const Control& control_;
  const LifeCycleLog log_;
  const std::string file_;
  Source source_;
};

}  // namespace barker

// A text file of a serving engine, such as its rules or its experiments: what it says comes into
// force when it changes.
//
// Where a file is refused or cannot be read, one event says so, and what was in force before it
// stays. One thread, the one of the LifeCycle that owns it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "plugin/host/events.h"
#include "plugin/host/source.h"

namespace barker {

class FollowedText {
 public:
  // `what`: the name of its events, such as "rules". `load` puts a text in force. `file` may be
  // empty: there is none.
  using Load = std::function<Status(const std::string& text)>;
  FollowedText(std::string what, Load load, LifeCycleLog log, std::string file)
      : what_(std::move(what)), load_(std::move(load)), log_(log), file_(std::move(file)) {}

  Status look();
  bool is_followed() const { return !file_.empty(); }
  void try_again() { source_.try_again(); }
  bool is_refused() const { return source_.is_refused(); }
  const std::string& fault() const { return source_.fault(); }

 private:
  Status load() const;

  const std::string what_;
  const Load load_;
  const LifeCycleLog log_;
  const std::string file_;
  Source source_;
};

}  // namespace barker

// The control thread of a serving engine: it runs a LifeCycle and answers the administrator.
//
// The thread looks when inotify reports a change, when wake() is called, when a client asks on the
// socket, and twice a second in any case, because network file systems report no changes of other
// machines. While a canary runs, it looks twenty times a second, to compare recorded queries before
// they are dropped.
//
// A plugin has at most one watcher. While it lives, only the watcher makes control calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plugin/host/life_cycle.h"

namespace barker {

class Watcher {
 public:
  // Loads weights and rules, then watches them. The plugin must outlive the watcher. admin: path of
  // a Unix socket; empty: none. Fails where weights or rules are refused or the socket is taken.
  static Result<std::unique_ptr<Watcher>> start(const barker_api& api, barker_plugin* plugin,
                                                Watched watched, const std::string& admin = "");
  ~Watcher();  // waits for the thread to end; a load that runs is finished first
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Makes the thread look now and try again what was refused or taken back. [any thread, and
  // signal handlers]
  void wake() noexcept;

  // Asks the thread as an administrator on the socket would (LifeCycle::answer) and waits for the
  // answer. Fails where the watcher is about to end. [any thread]
  Result<std::string> ask(const std::string& command);

  // LifeCycle::unreadable(). [any thread]
  uint64_t unreadable() const noexcept;

  // LifeCycle::are_rules_refused() and are_experiments_refused(). [any thread]
  bool are_rules_refused() const noexcept;
  bool are_experiments_refused() const noexcept;

 private:
  struct Impl;
  explicit Watcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker

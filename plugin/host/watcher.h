// The control thread of a serving engine: sees that weights, labels or rules changed, and answers
// the administrator.
//
// Woken by inotify, where there is one, by a look twice a second in any case (network file systems
// tell nobody), by wake() (SIGHUP) and by its socket.
#pragma once

#include <memory>
#include <string>

#include "plugin/host/life_cycle.h"

namespace barker {

class Watcher {
 public:
  // Loads what there is, then watches it. The plugin must outlive the watcher. admin: path of a
  // Unix socket; empty: none.
  static Result<std::unique_ptr<Watcher>> start(const barker_api& api, barker_plugin* plugin,
                                                Watched watched, const std::string& admin = "");
  ~Watcher();  // ends the thread

  // [any thread, signal handlers] Look now, and try again what was refused.
  void wake() noexcept;

 private:
  struct Impl;
  explicit Watcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker

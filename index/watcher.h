// The control thread of a serving engine: sees that CURRENT of a weights directory or the rules
// file changed and tells the plugin. One JSON line on stderr for every event of their lives.
//
// Woken by inotify, where there is one, by a look twice a second in any case (network file systems
// tell nobody), and by wake() (SIGHUP, an admin's call). What was refused is not tried again until
// it changes.
#pragma once

#include <memory>
#include <string>

#include "plugin/barker.h"

namespace barker {

struct Watched {
  std::string weights;  // directory or file; empty: none
  std::string rules;    // file; empty: none
  // New weights are on probation for so many seconds: if more than this share of the queries fails
  // meanwhile (bypassed, or refused with an error; at least 20 of them), the weights before them
  // serve again.
  double probation_seconds = 30;
  double most_failures = 0.01;
};

class Watcher {
 public:
  // The plugin must outlive the watcher; nobody else may make control calls meanwhile. Reads rules
  // at once; takes the weights that are there for loaded.
  Watcher(const barker_api& api, barker_plugin* plugin, Watched watched);
  ~Watcher();  // ends the thread

  // [any thread, signal handlers] Look now, and try again what was refused.
  void wake() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker

// SIGHUP as a call: "look again", as daemons take it.
//
// The signal is blocked and read from a descriptor by a thread, so that no signal handler runs and
// none can touch an object while it is destroyed.
#pragma once

#include <functional>
#include <thread>

namespace barker {

// Blocks SIGHUP in this thread and in every thread that it starts from now on. Call it before the
// first thread is started; from then on SIGHUP no longer ends the process.
void block_hangup();

class HangupListener {
 public:
  // Calls `on_hangup` on a thread of its own for each SIGHUP, also for one that came since
  // block_hangup(), until the listener is destroyed.
  explicit HangupListener(std::function<void()> on_hangup);
  ~HangupListener();  // waits for a call that runs
  HangupListener(const HangupListener&) = delete;
  HangupListener& operator=(const HangupListener&) = delete;

 private:
  void run() const;

  const std::function<void()> on_hangup_;
  const int hangups_, stop_;  // descriptors
  std::thread thread_;
};

}  // namespace barker

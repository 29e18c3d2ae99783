// A lock for calls of which one runs at a time, such as the control calls of a plugin. Unlike a
// mutex it knows which thread holds it, so that a call that would wait for ever is refused instead:
// a call made inside of a callback of the call that holds the lock, and a call in a child of fork
// whose parent held the lock on another thread, which the child does not have.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "plugin/fork.h"

namespace barker {

class CallLock {
 public:
  enum class Entry {
    kEntered,   // the caller holds the lock and must leave()
    kInside,    // this thread holds the lock already
    kOrphaned,  // a thread that this process does not have holds the lock
  };

  CallLock() = default;
  CallLock(const CallLock&) = delete;
  CallLock& operator=(const CallLock&) = delete;

  // [any thread] Waits while another thread of this process holds the lock.
  Entry enter() noexcept {
    const uint64_t process = 1 + fork_count();
    const uint64_t self = process << 32 | static_cast<uint32_t>(gettid());
    uint64_t holder = 0;
    while (!holder_.compare_exchange_strong(holder, self, std::memory_order_acquire)) {
      if (holder == self) return Entry::kInside;
      if (holder >> 32 != process) return Entry::kOrphaned;
      holder_.wait(holder, std::memory_order_relaxed);
      holder = 0;
    }
    return Entry::kEntered;
  }

  void leave() noexcept {
    holder_.store(0, std::memory_order_release);
    holder_.notify_one();
  }

 private:
  // The process, as a count of forks, and the thread that hold the lock, in one word: a fork finds
  // the lock either free or with its holder's name, and never in between.
  std::atomic<uint64_t> holder_{0};
};

}  // namespace barker

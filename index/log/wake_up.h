// An alarm that one thread sleeps on and others ring. Ringing does not block and is never lost.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdint>

namespace barker {

class WakeUp {
 public:
  WakeUp() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~WakeUp() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  bool ok() const { return descriptor_ >= 0; }  // false: there are no descriptors left

  // [any thread]
  void ring() noexcept {
    const uint64_t one = 1;
    // It fails only where it was rung 2^64 times before, and then the sleeper wakes anyway.
    [[maybe_unused]] const ssize_t wrote = write(descriptor_, &one, sizeof one);
  }

  // Returns when it was rung since the last call, or after `at_most`. [one thread]
  void sleep(std::chrono::milliseconds at_most) noexcept {
    pollfd waited{descriptor_, POLLIN, 0};
    poll(&waited, 1, static_cast<int>(std::clamp<int64_t>(at_most.count(), 0, INT_MAX)));
    uint64_t rung = 0;
    [[maybe_unused]] const ssize_t got = read(descriptor_, &rung, sizeof rung);
  }

 private:
  const int descriptor_;
};

}  // namespace barker

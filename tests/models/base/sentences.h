// What is reported to an operator while a test runs. Reports come from threads of what is tested,
// so the sentences are read as a copy that is taken under the lock.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "models/base/outage.h"

namespace barker {

class Sentences {
 public:
  // Returns a function that adds each sentence. It must not outlive this object.
  Report report() {
    return [this](const std::string& sentence) { add(sentence); };
  }
  void add(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    all_.push_back(sentence);
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  // Waits until there are `count`, for a minute at most. False if there are fewer then.
  bool come_to(size_t count) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (all().size() < count) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

}  // namespace barker

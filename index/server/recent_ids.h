// Which events came before: a bounded memory of the ids that were taken last. [any thread]
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

#include "models/text/fingerprint.h"

namespace barker {

class RecentIds {
 public:
  explicit RecentIds(size_t most) : most_(most) {}

  // Whether the id is among those that were added last.
  bool has(const std::string& id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ids_.contains(fingerprint(id));
  }

  // False: the id is among those that were added last.
  bool add(const std::string& id) {
    const Fingerprint print = fingerprint(id);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ids_.insert(print).second) return false;
    order_.push_back(print);
    if (order_.size() > most_) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

  // Forgets an id whose event could not be taken after all, so that it can come again.
  void remove(const std::string& id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ids_.erase(fingerprint(id));
  }

 private:
  const size_t most_;
  std::mutex mutex_;
  std::unordered_set<Fingerprint> ids_;
  std::deque<Fingerprint> order_;  // oldest first
};

}  // namespace barker

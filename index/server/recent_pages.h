// The pages that searches answered last, by request id, so that a click can be held against what
// was shown and charged what it was offered for. Bounded: the oldest are forgotten. [any thread]
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "index/metrics/arm_counters.h"

namespace barker {

struct RecentPage {
  struct Ad {
    std::string id, title;  // the title of the catalogue
    double price;           // of a click
    size_t position;        // as it was shown, from 1
  };
  struct Feature {
    std::string keyword;
    size_t position;
  };
  std::string user;
  std::vector<Ad> ads;
  std::vector<Feature> sfs;
  std::vector<ArmCounters::Arm*> arms = {};  // of its user, which outlive the page
};

class RecentPages {
 public:
  explicit RecentPages(size_t most) : most_(most) {}

  void add(const std::string& request_id, RecentPage page) {
    auto shared = std::make_shared<const RecentPage>(std::move(page));
    const std::lock_guard<std::mutex> lock(mutex_);
    pages_[request_id] = {std::move(shared), {}};
    order_.push_back(request_id);
    if (order_.size() <= most_) return;
    pages_.erase(order_.front());
    order_.pop_front();
  }

  // Null where the page was forgotten, or was answered by another engine.
  std::shared_ptr<const RecentPage> find(const std::string& request_id) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = pages_.find(request_id);
    return found == pages_.end() ? nullptr : found->second.page;
  }

  // True for the first click on an ad of a page: the one that costs.
  bool charge(const std::string& request_id, const std::string& ad) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = pages_.find(request_id);
    return found != pages_.end() && found->second.charged.insert(ad).second;
  }

 private:
  struct Remembered {
    std::shared_ptr<const RecentPage> page;
    std::set<std::string> charged;  // ads
  };

  const size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Remembered> pages_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace barker

#include "models/experiment/policy_times.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace barker {
namespace {

constexpr int64_t kMsOfHour = 3'600'000;

}  // namespace

void PolicyTimes::add(const std::string& policy, int64_t time_ms) {
  Seen& seen = hours_[time_ms / kMsOfHour][policy];
  ++seen.pages;
  seen.first = std::min(seen.first, time_ms);
}

std::vector<PolicyTimes::Change> PolicyTimes::changes() const {
  std::vector<Change> changes;
  const Hour* before = nullptr;
  int64_t before_at = 0;
  for (const auto& [at, hour] : hours_) {
    // Of two with as many pages, the one that came later is on its way in.
    const auto most = std::ranges::max_element(hour, [](const auto& a, const auto& b) {
      return a.second.pages != b.second.pages ? a.second.pages < b.second.pages
                                              : a.second.first < b.second.first;
    });
    if (changes.empty() || changes.back().policy != most->first) {
      int64_t first = most->second.first;
      if (before && before_at == at - 1) {
        const auto earlier = before->find(most->first);
        if (earlier != before->end()) first = earlier->second.first;
      }
      if (!changes.empty()) first = std::max(first, changes.back().time + 1);
      changes.push_back({first, most->first});
    }
    before = &hour;
    before_at = at;
  }
  return changes;
}

PolicyPeriods::PolicyPeriods(const std::vector<std::vector<PolicyTimes::Change>>& arms) {
  std::set<int64_t> times = {INT64_MIN};
  for (const auto& changes : arms) {
    for (size_t i = 1; i < changes.size(); ++i) times.insert(changes[i].time);
  }
  for (const int64_t time : times) {
    std::vector<std::string> in_force;
    for (const auto& changes : arms) {
      const auto next = std::ranges::upper_bound(changes, time, {}, &PolicyTimes::Change::time);
      in_force.push_back(changes.empty()           ? ""
                         : next == changes.begin() ? changes.front().policy
                                                   : std::prev(next)->policy);
    }
    const auto known = std::ranges::find(policies_, in_force);
    starts_[time] = static_cast<uint32_t>(known - policies_.begin());
    if (known != policies_.end()) continue;
    policies_.push_back(in_force);
    first_.push_back(time);
  }
}

uint32_t PolicyPeriods::at(int64_t time) const {
  return std::prev(starts_.upper_bound(time))->second;
}

}  // namespace barker

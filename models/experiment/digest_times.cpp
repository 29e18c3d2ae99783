#include "models/experiment/digest_times.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace barker {
namespace {

constexpr int64_t kMsOfMinute = 60'000, kMsOfHour = 60 * kMsOfMinute;

}  // namespace

void DigestTimes::add(const std::string& digest, int64_t time_ms) {
  const int64_t in_hour = (time_ms % kMsOfHour + kMsOfHour) % kMsOfHour;
  Seen& seen = hours_[(time_ms - in_hour) / kMsOfHour][digest];
  Minute& minute = seen.minutes[static_cast<size_t>(in_hour / kMsOfMinute)];
  ++seen.pages;
  ++minute.pages;
  minute.first = std::min(minute.first, static_cast<int32_t>(in_hour));
}

// The time of the first page in `seen`, whose hour is `at`.
int64_t DigestTimes::first_in(const Seen& seen, int64_t at) {
  const auto first =
      std::ranges::find_if(seen.minutes, [](const Minute& m) { return m.pages > 0; });
  return at * kMsOfHour + first->first;
}

int64_t DigestTimes::take_over(const std::string& from, const std::string& to, int64_t at) const {
  // If `to` took over at a moment, the pages on the wrong side would be those of `to` before it and
  // those of `from` after it: but for a constant, the balance is their number. A moment behind the
  // last page of `to` is never the best, because `to` has most pages of the hour `at`.
  int64_t balance = 0, least = 0, first = at * kMsOfHour;
  bool is_before = true;  // the next page of `to` is the first one behind the best moment
  for (const int64_t hour : {at - 1, at}) {
    const auto found = hours_.find(hour);
    if (found == hours_.end()) continue;
    const auto old_pages = found->second.find(from), new_pages = found->second.find(to);
    for (size_t m = 0; m < kMinutes; ++m) {
      if (balance < least) {
        least = balance;
        is_before = true;
      }
      if (old_pages != found->second.end()) balance -= old_pages->second.minutes[m].pages;
      if (new_pages == found->second.end()) continue;
      const Minute& minute = new_pages->second.minutes[m];
      balance += minute.pages;
      if (minute.pages == 0 || !is_before) continue;
      first = hour * kMsOfHour + minute.first;
      is_before = false;
    }
  }
  return first;
}

std::vector<DigestTimes::Change> DigestTimes::changes() const {
  std::vector<Change> changes;
  for (const auto& [at, hour] : hours_) {
    // Of two with as many pages, the one whose first page is later is taken for the newer one.
    const auto most = std::ranges::max_element(hour, [at = at](const auto& a, const auto& b) {
      return a.second.pages != b.second.pages ? a.second.pages < b.second.pages
                                              : first_in(a.second, at) < first_in(b.second, at);
    });
    if (changes.empty()) {
      changes.push_back({first_in(most->second, at), most->first});
    } else if (changes.back().digest != most->first) {
      const int64_t first = take_over(changes.back().digest, most->first, at);
      changes.push_back({std::max(first, changes.back().time + 1), most->first});
    }
  }
  return changes;
}

DigestPeriods::DigestPeriods(const std::vector<std::vector<DigestTimes::Change>>& arms) {
  std::set<int64_t> times = {INT64_MIN};
  for (const auto& changes : arms) {
    for (size_t i = 1; i < changes.size(); ++i) times.insert(changes[i].time);
  }
  for (const int64_t time : times) {
    std::vector<std::string> in_force;
    for (const auto& changes : arms) {
      const auto next = std::ranges::upper_bound(changes, time, {}, &DigestTimes::Change::time);
      in_force.push_back(changes.empty()           ? ""
                         : next == changes.begin() ? changes.front().digest
                                                   : std::prev(next)->digest);
    }
    const auto known = std::ranges::find(digests_, in_force);
    starts_[time] = static_cast<uint32_t>(known - digests_.begin());
    if (known != digests_.end()) continue;
    digests_.push_back(in_force);
  }
}

uint32_t DigestPeriods::at(int64_t time) const {
  return std::prev(starts_.upper_bound(time))->second;
}

}  // namespace barker

// What was in force at which time, by the digests that pages name in whatever order they come: the
// policy of an arm of an experiment, or the weights. Memory grows with the hours of the log and not
// with its pages. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace barker {

class DigestTimes {
 public:
  // A page, and the digest of what answered it.
  void add(const std::string& digest, int64_t time_ms);

  struct Change {
    int64_t time;        // milliseconds since the epoch, of a page with this digest
    std::string digest;  // of what was in force from then on
  };
  // In the order of time. An hour belongs to the digest of most of its pages, so that
  // servers which take a change at slightly different moments make one change, and one server that
  // is configured otherwise makes none. The change lies in this hour or in the one before, at the
  // minute that leaves the fewest pages of both digests on the wrong side of it.
  std::vector<Change> changes() const;

 private:
  static constexpr int64_t kMinutes = 60;  // of an hour
  struct Minute {
    uint32_t pages = 0;
    int32_t first = INT32_MAX;  // milliseconds since the hour began
  };
  struct Seen {
    uint64_t pages = 0;
    std::array<Minute, kMinutes> minutes;
  };
  using Hour = std::map<std::string, Seen>;  // by digest

  // The time at which `to` took over from `from` in the hour `at`, where it has most pages, or in
  // the hour before, which may have none.
  int64_t take_over(const std::string& from, const std::string& to, int64_t at) const;
  static int64_t first_in(const Seen& seen, int64_t at);

  std::map<int64_t, Hour> hours_;
};

// Several such times together, such as those of all arms: from each change of one to the next.
class DigestPeriods {
 public:
  explicit DigestPeriods(const std::vector<std::vector<DigestTimes::Change>>& all);

  // The number of the period in which the time is. A time before the first page of an arm counts to
  // the arm's first digest. Where all arms return to digests that they had before, the number is
  // that of the earlier period.
  uint32_t at(int64_t time) const;

  size_t size() const { return digests_.size(); }
  // By arm; "" where its pages name none.
  const std::vector<std::string>& digests(uint32_t period) const { return digests_[period]; }

 private:
  std::map<int64_t, uint32_t> starts_;  // time to period; the first one is INT64_MIN
  std::vector<std::vector<std::string>> digests_;
};

}  // namespace barker

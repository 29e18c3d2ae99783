// Finds times of a log that are not of its period: a 0, a clock that was wrong, milliseconds among
// seconds. One of them would move the borders of splits by time, and with them everything that is
// learned. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace barker {

// "2024-10-27 03:33:20" of seconds since 1970, the number itself of any other clock.
std::string time_text(int64_t time);

// What the size of a time says of its clock: seconds since 1970 are those of 1973 to 5138.
enum class TimeUnit : uint8_t { kOther, kSeconds, kMilliseconds };
TimeUnit time_unit(int64_t time);

// The time on the clock of another one, where the two count seconds and milliseconds since 1970;
// otherwise the time as it is.
int64_t on_clock_of(int64_t other, int64_t time);

class TimeCheck {
 public:
  void add(int64_t time);  // of every event of the log, then finish() once, then the others
  void finish();

  // Why the time is none of the log's; empty if it is one. A log of fewer than 100 events has no
  // period that could be told from it.
  std::string wrong(int64_t time) const;

 private:
  static constexpr size_t kSample = 1 << 16;  // times that are kept, each as likely as the others

  std::vector<int64_t> sample_;
  uint64_t seen_ = 0, random_ = 1;
  bool is_known_ = false;
  double low_ = 0, high_ = 0, median_ = 0;  // far beyond the period, and its middle
  int64_t first_ = 0, last_ = 0;            // of nearly all
};

}  // namespace barker

// The days of a time zone. A day begins at midnight, or, where clocks are put forward at midnight,
// at the first moment behind the gap; it has 23 or 25 hours where clocks change.
//
// The midnights of ten years are computed by ICU at the start, so that the query path neither waits
// for ICU's locks nor depends on when another thread saw the day change. Later days are taken to
// have 24 hours. Never changes, so that any thread may ask.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct Day {
  uint32_t number = 0;         // of its date, from 1970-01-01, which is 0
  int64_t begin = 0, end = 0;  // seconds since the epoch; `end` is the next day's begin
};

class Days {
 public:
  static constexpr uint32_t kLast = 0xFFFF;  // a day of the year 2149

  // The days from that of `now` on, which is in seconds since the epoch. `time_zone` is a name such
  // as "Europe/Berlin" or "UTC". An error names a zone that is unknown, or a time that no clock
  // should show.
  static Result<Days> from(int64_t now, const std::string& time_zone);

  // The day of `now`. Earlier moments than the first day's are taken to be its first one.
  Day at(int64_t now) const noexcept;

 private:
  Days() = default;

  uint32_t first_ = 0;
  std::vector<int64_t> midnights_;  // of day first_ + i
};

// An error where the zone is unknown.
Status check_time_zone(const std::string& time_zone);

// "2026-11-28"
std::string date_text(uint32_t day);

}  // namespace barker

#include "models/data/time_check.h"

#include <algorithm>
#include <ctime>

#include "models/base/random.h"

namespace barker {
namespace {

constexpr size_t kLeast = 100;  // events
// Seconds since 1970 lie between these from 1973 to 5138, and milliseconds between 1e11 and 1e14
// from 1973 on.
constexpr double kSeconds = 1e8, kMilliseconds = 1e11, kMicroseconds = 1e14;
// A time may be ten times the length of the period away from it, and on a clock of dates five
// years, so that the history of users may be much older than a log of one day.
constexpr double kFar = 10;
constexpr double kFiveYears = 5 * 365.25 * 24 * 60 * 60;  // seconds

bool is_seconds(double time) { return time >= kSeconds && time < kMilliseconds; }
bool is_milliseconds(double time) { return time >= kMilliseconds && time < kMicroseconds; }

}  // namespace

TimeUnit time_unit(int64_t time) {
  const auto t = static_cast<double>(time);
  return is_seconds(t)        ? TimeUnit::kSeconds
         : is_milliseconds(t) ? TimeUnit::kMilliseconds
                              : TimeUnit::kOther;
}

int64_t on_clock_of(int64_t other, int64_t time) {
  const TimeUnit from = time_unit(time), to = time_unit(other);
  if (from == TimeUnit::kSeconds && to == TimeUnit::kMilliseconds) return time * 1000;
  if (from == TimeUnit::kMilliseconds && to == TimeUnit::kSeconds) return time / 1000;
  return time;
}

std::string time_text(int64_t time) {
  if (!is_seconds(static_cast<double>(time))) return std::to_string(time);
  const auto seconds = static_cast<std::time_t>(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
  return text;
}

void TimeCheck::add(int64_t time) {
  ++seen_;
  if (sample_.size() < kSample) {
    sample_.push_back(time);
  } else if (const uint64_t at = next_random(random_) % seen_; at < kSample) {
    sample_[at] = time;
  }
}

void TimeCheck::finish() {
  if (sample_.size() < kLeast) return;
  std::ranges::sort(sample_);
  const auto at = [&](double share) {
    return sample_[static_cast<size_t>(share * static_cast<double>(sample_.size() - 1))];
  };
  first_ = at(0.01);
  last_ = at(0.99);
  median_ = static_cast<double>(at(0.5));
  const double period = static_cast<double>(last_) - static_cast<double>(first_);
  const double years = is_seconds(median_)        ? kFiveYears
                       : is_milliseconds(median_) ? kFiveYears * 1000
                                                  : 0;
  const double far = std::max(kFar * period + 1, years);
  low_ = static_cast<double>(first_) - far;
  high_ = static_cast<double>(last_) + far;
  is_known_ = true;
}

std::string TimeCheck::wrong(int64_t time) const {
  if (!is_known_) return "";
  const auto t = static_cast<double>(time);
  if (is_seconds(median_) && is_milliseconds(t)) {
    return "time: " + std::to_string(time) + " is in milliseconds, and most times are in seconds";
  }
  if (is_milliseconds(median_) && is_seconds(t)) {
    return "time: " + std::to_string(time) + " is in seconds, and most times are in milliseconds";
  }
  if (t >= low_ && t <= high_) return "";
  return "time: " + std::to_string(time) + " is far from the period of the log, " +
         time_text(first_) + " to " + time_text(last_);
}

}  // namespace barker

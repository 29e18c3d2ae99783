#include "index/auction/days.h"

#include <unicode/basictz.h>
#include <unicode/gregocal.h>
#include <unicode/timezone.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace barker {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;
constexpr uint32_t kComputedDays = 3653;  // ten years

std::chrono::year_month_day date_of(uint32_t day) {
  return std::chrono::sys_days(std::chrono::days(day));
}

Status icu_failed(UErrorCode error) {
  return io_error(std::string("time zone: ICU failed: ") + u_errorName(error));
}

// The date in the zone, as a number of days.
int64_t local_day(const icu::TimeZone& zone, int64_t now, UErrorCode& error) {
  int32_t offset = 0, summer = 0;  // milliseconds
  zone.getOffset(static_cast<UDate>(now) * 1000, false, offset, summer, error);
  const int64_t local = now + (offset + summer) / 1000;
  return local >= 0 ? local / kDaySeconds : -1;
}

// Null where the zone is unknown.
std::unique_ptr<icu::TimeZone> zone_of(const std::string& name) {
  std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name)));
  icu::UnicodeString id;
  if (zone && zone->getID(id) == icu::UnicodeString(UCAL_UNKNOWN_ZONE_ID)) zone.reset();
  return zone;
}

Status unknown_zone(const std::string& name) {
  return invalid_argument("time zone: expected a name such as Europe/Berlin, found \"" + name +
                          "\", which is unknown");
}

}  // namespace

Status check_time_zone(const std::string& time_zone) {
  return zone_of(time_zone) ? Status() : unknown_zone(time_zone);
}

Result<Days> Days::from(int64_t now, const std::string& time_zone) {
  const std::unique_ptr<icu::TimeZone> zone = zone_of(time_zone);
  if (!zone) return unknown_zone(time_zone);
  if (now < 0 || now / kDaySeconds >= kLast - kComputedDays) {
    return invalid_argument("clock: expected seconds since 1970, found " + std::to_string(now));
  }
  UErrorCode error = U_ZERO_ERROR;
  Days days;
  days.first_ = static_cast<uint32_t>(std::max<int64_t>(local_day(*zone, now, error), 0));
  icu::GregorianCalendar calendar(*zone, error);
  if (U_FAILURE(error)) return icu_failed(error);
  calendar.setRepeatedWallTimeOption(UCAL_WALLTIME_FIRST);
  calendar.setSkippedWallTimeOption(UCAL_WALLTIME_NEXT_VALID);
  for (uint32_t i = 0; i <= kComputedDays; ++i) {
    const std::chrono::year_month_day date = date_of(days.first_ + i);
    calendar.clear();
    calendar.set(static_cast<int>(date.year()),
                 static_cast<int32_t>(static_cast<unsigned>(date.month())) - 1,
                 static_cast<int32_t>(static_cast<unsigned>(date.day())));
    days.midnights_.push_back(static_cast<int64_t>(calendar.getTime(error)) / 1000);
    if (U_FAILURE(error)) return icu_failed(error);
  }
  return days;
}

Day Days::at(int64_t now) const noexcept {
  const size_t last = midnights_.size() - 1;
  if (now >= midnights_[last]) {
    const int64_t later =
        std::min<int64_t>((now - midnights_[last]) / kDaySeconds, kLast - first_ - last);
    const int64_t begin = midnights_[last] + later * kDaySeconds;
    return {first_ + static_cast<uint32_t>(last + static_cast<size_t>(later)), begin,
            begin + kDaySeconds};
  }
  // Clocks change by a few hours, so that the guess is a day off at most.
  const int64_t since = now > midnights_[0] ? now - midnights_[0] : 0;
  size_t i = std::min(static_cast<size_t>(since / kDaySeconds), last - 1);
  while (i > 0 && now < midnights_[i]) --i;
  while (now >= midnights_[i + 1]) ++i;
  return {first_ + static_cast<uint32_t>(i), midnights_[i], midnights_[i + 1]};
}

std::string date_text(uint32_t day) {
  const std::chrono::year_month_day date = date_of(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace barker

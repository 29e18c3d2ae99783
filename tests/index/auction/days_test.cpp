#include "index/auction/days.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace barker {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecondsAnHour = 3600;

// Seconds since the epoch of a moment in UTC.
int64_t utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return duration_cast<seconds>(date.time_since_epoch()).count() + hour * kSecondsAnHour +
         minute * 60 + second;
}

Days days_from(int64_t now, const std::string& zone) {
  Result<Days> days = Days::from(now, zone);
  EXPECT_TRUE(days.ok()) << days.status().message();
  return std::move(*days);
}

void expect_day(const Days& days, int64_t now, const std::string& date, int64_t begin,
                int64_t hours) {
  const Day day = days.at(now);
  EXPECT_EQ(date_text(day.number), date) << now;
  EXPECT_EQ(day.begin, begin) << now;
  EXPECT_EQ(day.end - day.begin, hours * kSecondsAnHour) << now;
}

TEST(Days, BeginAtMidnightOfTheirZone) {
  const int64_t noon = utc(2026, 11, 28, 12);
  expect_day(days_from(noon, "UTC"), noon, "2026-11-28", utc(2026, 11, 28), 24);
  expect_day(days_from(noon, "Europe/Berlin"), noon, "2026-11-28", utc(2026, 11, 27, 23), 24);
  expect_day(days_from(noon, "Asia/Kolkata"), noon, "2026-11-28", utc(2026, 11, 27, 18, 30), 24);
  expect_day(days_from(noon, "Pacific/Auckland"), noon, "2026-11-29", utc(2026, 11, 28, 11), 24);
  expect_day(days_from(noon, "America/New_York"), noon, "2026-11-28", utc(2026, 11, 28, 5), 24);
}

TEST(Days, EndWhereTheNextOneBegins) {
  const Days days = days_from(utc(2026, 11, 28, 12), "Europe/Berlin");
  expect_day(days, utc(2026, 11, 28, 22, 59, 59), "2026-11-28", utc(2026, 11, 27, 23), 24);
  expect_day(days, utc(2026, 11, 28, 23), "2026-11-29", utc(2026, 11, 28, 23), 24);
}

TEST(Days, Have23Or25HoursWhereClocksChange) {
  const Days days = days_from(utc(2026, 1, 1), "Europe/Berlin");
  expect_day(days, utc(2026, 3, 29, 12), "2026-03-29", utc(2026, 3, 28, 23), 23);
  expect_day(days, utc(2026, 10, 25, 12), "2026-10-25", utc(2026, 10, 24, 22), 25);
}

// Sao Paulo put its clocks forward from 0:00 to 1:00, Havana back from 1:00 to 0:00.
TEST(Days, BeginOnceWhereMidnightIsSkippedOrRepeated) {
  const Days sao_paulo = days_from(utc(2018, 1, 1), "America/Sao_Paulo");
  expect_day(sao_paulo, utc(2018, 11, 4, 2, 59, 59), "2018-11-03", utc(2018, 11, 3, 3), 24);
  expect_day(sao_paulo, utc(2018, 11, 4, 3), "2018-11-04", utc(2018, 11, 4, 3), 23);
  const Days havana = days_from(utc(2018, 1, 1), "America/Havana");
  expect_day(havana, utc(2018, 11, 4, 4, 30), "2018-11-04", utc(2018, 11, 4, 4), 25);
  expect_day(havana, utc(2018, 11, 4, 5, 30), "2018-11-04", utc(2018, 11, 4, 4), 25);
}

// Samoa moved to the other side of the date line, and had no 30th of December 2011.
TEST(Days, AreSkippedWhereTheZoneSkipsADate) {
  const Days days = days_from(utc(2011, 12, 29, 12), "Pacific/Apia");
  expect_day(days, utc(2011, 12, 30, 9, 59, 59), "2011-12-29", utc(2011, 12, 29, 10), 24);
  expect_day(days, utc(2011, 12, 30, 10), "2011-12-31", utc(2011, 12, 30, 10), 24);
}

TEST(Days, FollowEachOtherWithoutGapForTwelveYears) {
  for (const char* zone : {"UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"}) {
    const int64_t start = utc(2026, 11, 28, 12);
    const Days days = days_from(start, zone);
    Day day = days.at(start);
    for (int i = 0; i < 12 * 365; ++i) {
      EXPECT_EQ(days.at(day.begin).number, day.number) << zone;
      EXPECT_EQ(days.at(day.end - 1).number, day.number) << zone;
      const Day next = days.at(day.end);
      ASSERT_EQ(next.number, day.number + 1) << zone;
      ASSERT_EQ(next.begin, day.end) << zone;
      day = next;
    }
  }
}

TEST(Days, TakeEarlierMomentsForTheFirstOneTheyKnow) {
  const Days days = days_from(utc(2026, 11, 28, 12), "UTC");
  expect_day(days, utc(2026, 11, 27), "2026-11-28", utc(2026, 11, 28), 24);
  expect_day(days, INT64_MIN, "2026-11-28", utc(2026, 11, 28), 24);
}

TEST(Days, EndWithTheLastNumberWhateverTheClockSays) {
  const Days days = days_from(utc(2026, 11, 28, 12), "UTC");
  EXPECT_EQ(days.at(INT64_MAX).number, Days::kLast);
}

TEST(Days, AreRefusedWithTheNameOfAnUnknownZone) {
  for (const char* zone : {"Europe/Berlni", "", "Etc/Unknown", "Mars/Olympus"}) {
    const Result<Days> days = Days::from(utc(2026, 11, 28), zone);
    ASSERT_FALSE(days.ok()) << zone;
    EXPECT_EQ(days.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(days.status().message(), HasSubstr("\"" + std::string(zone) + "\""));
  }
}

TEST(Days, AreRefusedWhereNoClockShouldBe) {
  for (const int64_t now : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_FALSE(Days::from(now, "UTC").ok()) << now;
  }
}

}  // namespace
}  // namespace barker

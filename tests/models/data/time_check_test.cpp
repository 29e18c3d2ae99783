#include "models/data/time_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace barker {
namespace {

using ::testing::HasSubstr;

TimeCheck checked(int64_t first, int64_t step, int count, const std::vector<int64_t>& more = {}) {
  TimeCheck check;
  for (int i = 0; i < count; ++i) check.add(first + step * i);
  for (const int64_t time : more) check.add(time);
  check.finish();
  return check;
}

TEST(TimeCheck, FindsTimesThatAreNotOfTheLogsPeriod) {
  const int64_t first = 1'730'000'000;
  const TimeCheck check = checked(first, 60, 1000, {0, first * 1000, INT64_MAX});
  EXPECT_EQ(check.wrong(first), "");
  EXPECT_EQ(check.wrong(first + 60 * 999), "");
  EXPECT_THAT(check.wrong(0), HasSubstr("time: 0 is far from the period of the log, 2024-10-27"));
  EXPECT_THAT(check.wrong(first * 1000), HasSubstr("is in milliseconds, and most times are in "));
  EXPECT_THAT(check.wrong(INT64_MAX), HasSubstr("far from the period"));
  EXPECT_THAT(check.wrong(INT64_MIN), HasSubstr("far from the period"));
}

TEST(TimeCheck, TellsSecondsFromMillisecondsAlsoWhereThereAreManyOfBoth) {
  TimeCheck check;
  for (int i = 0; i < 1000; ++i) {
    check.add(1'730'000'000 + i);
    if (i % 3 == 0) check.add((1'730'000'000 + int64_t{i}) * 1000);
  }
  check.finish();
  EXPECT_EQ(check.wrong(1'730'000'500), "");
  EXPECT_THAT(check.wrong(1'730'000'500'000), HasSubstr("milliseconds"));
}

TEST(TimeCheck, PutsATimeOnTheClockOfAnother) {
  constexpr int64_t kSeconds = 1'730'000'000, kMilliseconds = 1'730'000'000'123;
  EXPECT_EQ(on_clock_of(kMilliseconds, kSeconds), kSeconds * 1000);
  EXPECT_EQ(on_clock_of(kSeconds, kMilliseconds), kSeconds);
  EXPECT_EQ(on_clock_of(kSeconds, kSeconds + 5), kSeconds + 5);
  EXPECT_EQ(on_clock_of(7, kSeconds), kSeconds) << "7 is of another clock";
  EXPECT_EQ(on_clock_of(kSeconds, 7), 7);
}

TEST(TimeCheck, TakesAnyClockAndAnyPeriod) {
  EXPECT_EQ(checked(0, 1, 60).wrong(INT64_MAX), "") << "too few events to have a period";
  const TimeCheck hours = checked(0, 1, 500);
  EXPECT_EQ(hours.wrong(600), "");
  EXPECT_NE(hours.wrong(100'000), "");
  const TimeCheck years = checked(0, 30'000'000, 500);  // from 1970 to 2445
  EXPECT_EQ(years.wrong(0), "");
  const TimeCheck one = checked(1'730'000'000, 0, 500);
  EXPECT_EQ(one.wrong(1'730'000'100), "");
  EXPECT_EQ(one.wrong(1'600'000'000), "") << "four years before: the history of a user";
  EXPECT_NE(one.wrong(1'500'000'000), "");
}

TEST(TimeCheck, SamplesALongLog) {
  const TimeCheck check = checked(1'730'000'000, 1, 300'000);
  EXPECT_EQ(check.wrong(1'730'000'000), "");
  EXPECT_EQ(check.wrong(1'730'299'999), "");
  EXPECT_NE(check.wrong(1'000'000'000), "");
}

TEST(TimeText, IsADateOfSecondsAndANumberOfAnotherClock) {
  EXPECT_EQ(time_text(1'730'000'000), "2024-10-27 03:33:20");
  EXPECT_EQ(time_text(17), "17");
  EXPECT_EQ(time_text(1'730'000'000'000), "1730000000000");
}

}  // namespace
}  // namespace barker

#include "index/auction/budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "tests/index/auction/budgets_fixture.h"
#include "tests/models/base/system_calls.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST_F(DailyBudgets, AreSpentUntilMidnight) {
  now_ = kMidnight + kDay - 1;
  const auto budgets = open({{"a", 1}, {"b", 1}});
  EXPECT_TRUE(budgets->may_take_part(0, now_));
  EXPECT_TRUE(budgets->spend(0, 0.75));
  EXPECT_TRUE(budgets->may_take_part(0, now_));
  EXPECT_TRUE(budgets->spend(0, 0.25));
  EXPECT_FALSE(budgets->may_take_part(0, now_));
  EXPECT_TRUE(budgets->may_take_part(1, now_)) << "the other ad has spent nothing";
  EXPECT_EQ(budgets->spent(0, now_), 1);
  now_ = kMidnight + kDay;
  EXPECT_TRUE(budgets->may_take_part(0, now_));
  EXPECT_EQ(budgets->spent(0, now_), 0);
  EXPECT_TRUE(budgets->spend(0, 0.01));
  EXPECT_EQ(budgets->spent(0, now_), 0.01);
}

TEST_F(DailyBudgets, OfNothingNeverTakePart) {
  const auto budgets = open({{"a", 0}});
  EXPECT_FALSE(budgets->may_take_part(0, now_));
}

TEST_F(DailyBudgets, AreSpentEvenlyOverTheDay) {
  const auto budgets = open({{"a", 24}});
  for (int hour = 0; hour < 24; ++hour) {
    now_ = kMidnight + hour * kHour;
    EXPECT_TRUE(budgets->may_take_part(0, now_)) << hour;
    EXPECT_TRUE(budgets->spend(0, 0.75));
    EXPECT_TRUE(budgets->may_take_part(0, now_)) << hour;
    EXPECT_TRUE(budgets->spend(0, 0.25));
    EXPECT_FALSE(budgets->may_take_part(0, now_)) << "it is an hour ahead at " << hour;
  }
  EXPECT_EQ(budgets->spent(0, now_), 24);
}

TEST_F(DailyBudgets, NeverExceedTheDayByPacing) {
  now_ = kMidnight;
  const auto budgets = open({{"a", 24}});
  ASSERT_TRUE(budgets->spend(0, 24));
  for (int64_t second = 0; second < kDay; second += 60) {
    EXPECT_FALSE(budgets->may_take_part(0, kMidnight + second)) << second;
  }
  EXPECT_FALSE(budgets->may_take_part(0, kMidnight + kDay - 1));
  EXPECT_TRUE(budgets->may_take_part(0, kMidnight + kDay));
}

TEST_F(DailyBudgets, AreSpentByTheClockOfTheirZone) {
  now_ = kMidnight + 22 * kHour;  // 23:00 in Berlin
  const auto budgets = open({{"a", 24}}, "Europe/Berlin");
  EXPECT_TRUE(budgets->spend(0, 23.5));
  EXPECT_TRUE(budgets->may_take_part(0, now_));
  EXPECT_TRUE(budgets->spend(0, 0.5));
  EXPECT_FALSE(budgets->may_take_part(0, now_ + kHour - 1));
  EXPECT_TRUE(budgets->may_take_part(0, now_ + kHour));
}

TEST_F(DailyBudgets, AreSpentEvenlyOverDaysOf23And25Hours) {
  // 2026-03-29 and 2026-10-25, from midnight to midnight in Berlin.
  for (const auto& [date, offset, hours] : {std::tuple{20'541, 1, 23}, std::tuple{20'751, 2, 25}}) {
    const int64_t begin = date * kDay - offset * kHour;
    now_ = begin;
    const auto budgets = open({{"a", 24.0 * hours}}, "Europe/Berlin");
    for (int hour = 0; hour < hours; ++hour) {
      now_ = begin + hour * kHour;
      // The budget allows 24 an hour, and the pace may be ahead by as much as the day has hours.
      const double allowed = std::min(24.0 * hour + hours, 24.0 * hours);
      EXPECT_TRUE(budgets->spend(0, allowed - 0.01 - budgets->spent(0, now_)));
      EXPECT_TRUE(budgets->may_take_part(0, now_)) << hour << " of " << hours;
      EXPECT_TRUE(budgets->spend(0, 0.01));
      EXPECT_FALSE(budgets->may_take_part(0, now_)) << hour << " of " << hours;
    }
    const int64_t end = begin + hours * kHour;
    EXPECT_TRUE(budgets->spend(0, 24.0 * hours - budgets->spent(0, now_)));
    EXPECT_FALSE(budgets->may_take_part(0, end - 1));
    EXPECT_TRUE(budgets->may_take_part(0, end));
  }
}

TEST_F(DailyBudgets, KeepWhatWasSpentWhenAnIndexIsRebuilt) {
  {
    const auto budgets = open({{"a", 1}, {"b", 2}});
    EXPECT_TRUE(budgets->spend(0, 0.25));
    EXPECT_TRUE(budgets->spend(1, 0.5));
  }
  const auto budgets = open({{"new", 1}, {"b", 2}, {"a", 1}});
  EXPECT_EQ(budgets->spent(0, now_), 0);
  EXPECT_EQ(budgets->spent(1, now_), 0.5);
  EXPECT_EQ(budgets->spent(2, now_), 0.25);
}

TEST_F(DailyBudgets, BeginAnewWithTheFileOfYesterday) {
  ASSERT_TRUE(open({{"a", 1}})->spend(0, 1));
  now_ = kMidnight + kDay;
  const auto budgets = open({{"a", 1}});
  EXPECT_EQ(budgets->spent(0, now_), 0);
  EXPECT_TRUE(budgets->may_take_part(0, now_));
}

TEST_F(DailyBudgets, AreSharedByAdsOfOneId) {
  const auto budgets = open({{"a", 1}, {"a", 1}});
  EXPECT_TRUE(budgets->spend(0, 1));
  EXPECT_FALSE(budgets->may_take_part(1, now_));
}

TEST_F(DailyBudgets, ChangeAtOnce) {
  const auto budgets = open({{"a", 1}});
  EXPECT_TRUE(budgets->spend(0, 1));
  EXPECT_FALSE(budgets->may_take_part(0, now_));
  ASSERT_TRUE(budgets->set_daily_budget(0, 10).ok());
  EXPECT_TRUE(budgets->may_take_part(0, now_));
  EXPECT_EQ(budgets->daily_budget(0), 10);
  EXPECT_FALSE(budgets->set_daily_budget(0, -1).ok());
  EXPECT_EQ(budgets->daily_budget(0), 10);
}

// A clock that is corrected by some seconds at midnight shows the old day again.
TEST_F(DailyBudgets, StayInTheNewDayWhenTheClockIsSetBackOverMidnight) {
  {
    const auto budgets = open({{"a", 24}});
    now_ = kMidnight + kDay;
    EXPECT_TRUE(budgets->spend(0, 0.5));
    now_ = kMidnight + kDay - 1;
    EXPECT_TRUE(budgets->may_take_part(0, now_));
    EXPECT_TRUE(budgets->spend(0, 0.5));
    EXPECT_EQ(budgets->spent(0, now_), 1);
    EXPECT_FALSE(budgets->may_take_part(0, now_)) << "the new day has just begun";
  }
  EXPECT_EQ(open({{"a", 24}})->spent(0, now_), 1);
}

TEST_F(DailyBudgets, TakeNoAmountThatIsNone) {
  const auto budgets = open({{"a", 1}});
  for (const double amount : {-1.0, -1e-300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(budgets->spend(0, amount)) << amount;
  }
  EXPECT_EQ(budgets->spent(0, now_), 0);
}

TEST_F(DailyBudgets, StayFullWhateverIsSpentBeyondThem) {
  const auto budgets = open({{"a", Budgets::kMostDailyBudget}});
  for (const double amount : {1e8, 2e8, 1e300, 1.0}) {
    EXPECT_TRUE(budgets->spend(0, amount));
  }
  EXPECT_FALSE(budgets->may_take_part(0, now_));
  EXPECT_GT(budgets->spent(0, now_), Budgets::kMostDailyBudget);
}

TEST_F(DailyBudgets, AreRefusedWithTheNameOfWhatIsWrong) {
  EXPECT_THAT(try_open({{"a", 1}}, "Europe/Berlni").status().message(),
              HasSubstr("\"Europe/Berlni\""));
  for (const double amount : {-1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    const Status status = try_open({{"a", 1}, {"shoe 7", amount}}).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("ad \"shoe 7\": daily budget")) << amount;
  }
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace barker

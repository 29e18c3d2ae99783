#include "models/experiment/digest_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace barker {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;

// Pages at each minute of [from, to).
void add_pages(DigestTimes& times, const std::string& policy, int64_t from, int64_t to) {
  for (int64_t at = from; at < to; at += kMinute) times.add(policy, at);
}

TEST(DigestTimes, ChangeWithTheFirstPageOfTheNewPolicyWhereverInAnHourItIs) {
  for (const int64_t at : {3 * kHour, 3 * kHour + 10 * kMinute, 3 * kHour + 50 * kMinute}) {
    DigestTimes times;
    add_pages(times, "a", 0, at);
    add_pages(times, "b", at, 6 * kHour);
    const auto changes = times.changes();
    ASSERT_EQ(changes.size(), 2u) << at;
    EXPECT_EQ(changes[0].time, 0);
    EXPECT_EQ(changes[1].time, at);
    EXPECT_EQ(changes[1].digest, "b");
  }
}

TEST(DigestTimes, DoNotDependOnTheOrderOfPages) {
  std::vector<std::pair<std::string, int64_t>> pages;
  for (int64_t at = 0; at < 5 * kHour; at += kMinute) {
    pages.emplace_back(at < 2 * kHour + 20 * kMinute ? "a" : "b", at);
  }
  std::mt19937 random(1);
  std::ranges::shuffle(pages, random);
  DigestTimes times;
  for (const auto& [policy, at] : pages) times.add(policy, at);
  ASSERT_EQ(times.changes().size(), 2u);
  EXPECT_EQ(times.changes()[1].time, 2 * kHour + 20 * kMinute);
}

TEST(DigestTimes, HaveOneChangeWhereServersTakeItOneAfterTheOther) {
  DigestTimes times;
  add_pages(times, "a", 0, 3 * kHour + 5 * kMinute);
  add_pages(times, "b", 3 * kHour - 5 * kMinute, 6 * kHour);
  ASSERT_EQ(times.changes().size(), 2u);
  EXPECT_EQ(times.changes()[1].time, 3 * kHour - 5 * kMinute);
}

TEST(DigestTimes, HaveNoChangeForAFewPagesOfAServerThatIsConfiguredOtherwise) {
  DigestTimes times;
  add_pages(times, "a", 0, 6 * kHour);
  for (int64_t at = 0; at < 6 * kHour; at += 5 * kMinute) times.add("b", at);
  ASSERT_EQ(times.changes().size(), 1u);
  EXPECT_EQ(times.changes()[0].digest, "a");
}

// One server of several has the new policy before the others, or the old one after them.
TEST(DigestTimes, ChangeWithMostServersWhereOneTookTheChangeEarlierOrLater) {
  for (const bool is_early : {true, false}) {
    for (const int64_t at : {3 * kHour - 20 * kMinute, 3 * kHour, 3 * kHour + 20 * kMinute}) {
      DigestTimes times;
      for (int server = 0; server < 5; ++server) {
        add_pages(times, "a", 0, at);
        add_pages(times, "b", at, 6 * kHour);
      }
      if (is_early) {
        add_pages(times, "b", at - 2 * kHour, at);
      } else {
        add_pages(times, "a", at, at + 2 * kHour);
      }
      ASSERT_EQ(times.changes().size(), 2u) << at;
      EXPECT_EQ(times.changes()[1].time, at) << is_early;
    }
  }
}

TEST(DigestPeriods, AreThoseOfAllArmsTogetherAndReturnWithTheirPolicies) {
  const DigestPeriods periods({{{0, "x"}}, {{5, "a"}, {10, "b"}, {20, "a"}}, {}});
  ASSERT_EQ(periods.size(), 2u);
  EXPECT_EQ(periods.at(-1), 0u);
  EXPECT_EQ(periods.at(9), 0u);
  EXPECT_EQ(periods.at(10), 1u);
  EXPECT_EQ(periods.at(19), 1u);
  EXPECT_EQ(periods.at(20), 0u) << "as it was before";
  EXPECT_EQ(periods.digests(0), (std::vector<std::string>{"x", "a", ""}));
  EXPECT_EQ(periods.digests(1), (std::vector<std::string>{"x", "b", ""}));
}

TEST(DigestPeriods, AreOneWhereNoArmNamesAPolicy) {
  const DigestPeriods periods({{}, {}});
  EXPECT_EQ(periods.size(), 1u);
  EXPECT_EQ(periods.at(INT64_MAX), 0u);
}

}  // namespace
}  // namespace barker

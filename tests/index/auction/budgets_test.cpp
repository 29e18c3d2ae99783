#include "index/auction/budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <thread>

#include "tests/models/base/system_calls.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int64_t kHour = 3600, kDay = 24 * kHour;
constexpr int64_t kMidnight = 20'785 * kDay;  // of 2026-11-28, UTC
constexpr double kMicro = 1e-6;

class DailyBudgets : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  Result<std::unique_ptr<Budgets>> try_open(const std::vector<BudgetedAd>& ads,
                                            const std::string& zone = "UTC") {
    return Budgets::open(path_, ads, {zone, [this] { return now_.load(); }});
  }
  std::unique_ptr<Budgets> open(const std::vector<BudgetedAd>& ads,
                                const std::string& zone = "UTC") {
    Result<std::unique_ptr<Budgets>> budgets = try_open(ads, zone);
    EXPECT_TRUE(budgets.ok()) << budgets.status().message();
    return std::move(*budgets);
  }

  const std::string directory_ = temporary_path("budgets");
  const std::string path_ = directory_ + "/spent";
  std::atomic<int64_t> now_ = kMidnight + 12 * kHour;
};

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

TEST_F(DailyBudgets, AreOpenInOneProcessAtATime) {
  const auto budgets = open({{"a", 1}});
  const pid_t child = fork();
  if (child == 0) {
    const Result<std::unique_ptr<Budgets>> second = try_open({{"a", 1}});
    _exit(second.status().message().find(path_ + ": is in use by another process") ==
          std::string::npos);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// The child tells by a byte in a pipe that a call has returned.
TEST_F(DailyBudgets, KeepEveryAmountOfAProcessThatIsKilled) {
  for (const size_t kill_after : {1u, 7u, 500u, 20'000u}) {
    fs::remove(path_);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto budgets = open({{"a", 1}});
      while (budgets->spend(0, 0.01) && write(ends[1], "x", 1) == 1) {
      }
      _exit(1);
    }
    close(ends[1]);
    size_t returned = 0;
    char bytes[512];
    const auto count = [&](size_t at_most) {
      const ssize_t got = read(ends[0], bytes, std::min(at_most, sizeof bytes));
      if (got > 0) returned += static_cast<size_t>(got);
      return got > 0;
    };
    while (returned < kill_after && count(kill_after - returned)) {
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (count(sizeof bytes)) {
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_GE(returned, kill_after);
    const double spent = open({{"a", 1}})->spent(0, now_);
    EXPECT_GE(spent + kMicro / 2, 0.01 * static_cast<double>(returned));
    EXPECT_LE(spent - kMicro / 2, 0.01 * static_cast<double>(returned + 1));
  }
}

TEST_F(DailyBudgets, AreSyncedOnceASecondAndAtTheEnd) {
  const auto syncs = [this](const std::function<void(Budgets&)>& use) {
    const Traced traced = run_traced(
        [&] {
          use(*open({{"a", 1}}));
          return 0;
        },
        {});
    if (!traced.possible) return ptrdiff_t{-1};
    return std::ranges::count(traced.calls, SYS_msync, &SystemCall::number);
  };
  const auto spend = [](Budgets& budgets) {
    for (int i = 0; i < 100; ++i) budgets.spend(0, kMicro);
  };
  const ptrdiff_t without_use = syncs([](Budgets&) {});
  if (without_use < 0) GTEST_SKIP() << "this machine does not allow tracing";
  EXPECT_EQ(without_use, 0);
  EXPECT_EQ(syncs([](Budgets& b) { b.spend(0, kMicro); }), 1);
  EXPECT_EQ(syncs(spend), 2);
  EXPECT_EQ(syncs([&](Budgets& b) {
              for (int second = 0; second < 5; ++second, ++now_) spend(b);
            }),
            6);
  EXPECT_EQ(syncs([&](Budgets& b) {
              spend(b);
              for (int i = 0; i < 5; ++i) EXPECT_TRUE(b.flush().ok());
            }),
            2);
}

TEST_F(DailyBudgets, ReportASyncThatFailed) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer's runtime repeats calls of its own until they succeed";
#endif
  const auto use = [this] {
    const auto budgets = open({{"a", 1}});
    if (!budgets->spend(0, 0.5)) return 1;
    const Status status = budgets->flush();
    if (!status.ok()) return status.message().starts_with(path_ + ": cannot be synced") ? 7 : 1;
    return 0;
  };
  const Traced whole = run_traced(use, {});
  if (!whole.possible) GTEST_SKIP() << "this machine does not allow tracing";
  ASSERT_EQ(whole.code, 0);
  const auto sync = std::ranges::find(whole.calls, SYS_msync, &SystemCall::number);
  ASSERT_NE(sync, whole.calls.end());
  fs::remove(path_);
  const auto at = static_cast<int>(sync - whole.calls.begin()) + 1;
  const Traced failed = run_traced(use, {Fault::Kind::kError, at, EIO});
  ASSERT_EQ(failed.number, SYS_msync);
  EXPECT_EQ(failed.code, 7);
}

TEST_F(DailyBudgets, LoseNoAmountOfManyThreads) {
  constexpr int kThreads = 4, kSpends = 20'000;
  const auto budgets = open({{"a", 1}, {"b", 1}});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSpends; ++i) budgets->spend(static_cast<size_t>(i % 2), kMicro);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const size_t ad : {0u, 1u}) {
    EXPECT_NEAR(budgets->spent(ad, now_), kThreads * kSpends / 2 * kMicro, kMicro / 2);
  }
}

// One thread moves the clock over a midnight, others spend and ask. The clock that a call saw lies
// between what it showed before and after the call. So an amount whose call began in the new day
// counts for it, and one whose call had returned in the old day does not.
TEST_F(DailyBudgets, PutAmountsOfThreadsIntoTheirDaysWhileTheClockPassesMidnight) {
  constexpr int kThreads = 3, kMidnights = 20;
  now_ = kMidnight - 1;
  const auto budgets = open({{"a", 1e6}});
  for (int round = 0; round < kMidnights; ++round) {
    const int64_t midnight = kMidnight + round * kDay;
    now_ = midnight - 1;
    std::atomic<uint64_t> surely{0}, possibly{0}, calls{0};
    std::atomic<bool> done{false};
    const auto wait_for_calls = [&] {
      for (const uint64_t seen = calls; calls < seen + 100;) std::this_thread::yield();
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        while (!done) {
          const bool began_after = now_ >= midnight;
          budgets->spend(0, kMicro);
          const bool ended_after = now_ >= midnight;
          surely += began_after;
          possibly += ended_after;
          EXPECT_TRUE(budgets->may_take_part(0, now_));
          ++calls;
        }
      });
    }
    wait_for_calls();
    now_ = midnight;
    wait_for_calls();
    done = true;
    for (std::thread& thread : threads) thread.join();
    const auto spent = static_cast<uint64_t>(budgets->spent(0, midnight) / kMicro + 0.5);
    ASSERT_GE(spent, surely) << "an amount of the new day was lost";
    ASSERT_LE(spent, possibly) << "an amount of the old day counts for the new one";
    ASSERT_GT(surely, 0u);
  }
}

TEST_F(DailyBudgets, OfARebuiltIndexShareWhatIsSpent) {
  auto old = open({{"a", 1}, {"b", 1}});
  EXPECT_TRUE(old->spend(0, 0.25));
  Result<std::unique_ptr<Budgets>> rebuilt =
      old->of(std::vector<BudgetedAd>{{"new", 1}, {"b", 1}, {"a", 0.5}});
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status().message();
  EXPECT_EQ((*rebuilt)->spent(2, now_), 0.25);
  EXPECT_TRUE(old->spend(0, 0.25)) << "by a page of the old index";
  EXPECT_FALSE((*rebuilt)->may_take_part(2, now_)) << "the rebuilt index has a lower budget";
  EXPECT_TRUE(old->may_take_part(0, now_));
  EXPECT_TRUE((*rebuilt)->spend(0, 0.125));
  old = nullptr;
  EXPECT_TRUE((*rebuilt)->spend(1, 0.5));
  EXPECT_FALSE(try_open({}).ok()) << "the file is still in use";
  rebuilt = std::unique_ptr<Budgets>();
  const auto again = open({{"a", 1}, {"b", 1}, {"new", 1}});
  EXPECT_EQ(again->spent(0, now_), 0.5);
  EXPECT_EQ(again->spent(1, now_), 0.5);
  EXPECT_EQ(again->spent(2, now_), 0.125);
}

TEST_F(DailyBudgets, LoseNoAmountWhileAdsAreAdded) {
  constexpr int kThreads = 2, kGrowths = 10;
  const auto budgets = open({{"a", 1e6}});
  std::atomic<bool> done{false};
  std::atomic<uint64_t> spent{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        budgets->spend(0, kMicro);
        ++spent;
      }
    });
  }
  for (int growth = 0; growth < kGrowths; ++growth) {
    std::vector<std::string> ids = {"a"};
    for (int i = 0; i < 500; ++i) ids.push_back(std::to_string(growth * 1000 + i));
    std::vector<BudgetedAd> ads;
    for (const std::string& id : ids) ads.push_back({id, 1e6});
    const Result<std::unique_ptr<Budgets>> grown = budgets->of(ads);
    EXPECT_TRUE(grown.ok()) << grown.status().message();
    if (!grown.ok()) break;
    (*grown)->spend(0, kMicro);
    ++spent;
    ++now_;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::round(budgets->spent(0, now_) / kMicro), spent);
}

}  // namespace
}  // namespace barker

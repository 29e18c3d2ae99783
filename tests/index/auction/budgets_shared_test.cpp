// Budgets that several processes, threads and indexes have to do with.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/index/auction/budgets_fixture.h"
#include "tests/models/base/system_calls.h"

namespace barker {
namespace {

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

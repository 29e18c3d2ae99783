// A file of budgets and a clock that tests set.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "index/auction/budgets.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

namespace fs = std::filesystem;

inline constexpr int64_t kHour = 3600, kDay = 24 * kHour;
inline constexpr int64_t kMidnight = 20'785 * kDay;  // of 2026-11-28, UTC
inline constexpr double kMicro = 1e-6;

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

}  // namespace barker

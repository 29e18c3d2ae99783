// The daily budgets of ads: which ads can still pay for a click today, and what was spent.
//
// An ad takes part in auctions while what was spent on it today is below its daily budget and below
// what the pace allows. By the pace, spending keeps to the share of the day that has passed, and
// may be ahead of it by a 24th of the budget:
//
//   spent < budget * min(1, passed share of the day + 1/24)
//
// So a budget lasts until the evening even where the morning is busy, and the first minutes of a
// day show ads. What is spent is known when a click comes and not when its ad is shown, so that a
// day may cost more than the budget, by the clicks on pages that were shown before.
//
// A day begins at midnight of a configured time zone and may have 23 or 25 hours. Nothing happens
// at midnight: the day of each amount is stored with the amount (index/auction/budget_file.h), and
// the first one of a new day replaces the old. spend() reads the clock once, and its amount counts
// for the day of that moment. There is one exception: where a call reads the clock before midnight,
// and another thread has stored an amount of the new day for the same ad meanwhile, its amount
// counts for the new day, too. No amount is lost.
//
// Amounts are counted in millionths of the currency unit, whichever it is.
//
// Any thread may call any function but the destructor. None of those of the query path and of
// clicks takes a lock or allocates, but for the one call a second that syncs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/auction/budget_file.h"
#include "index/auction/days.h"
#include "models/base/result.h"

namespace barker {

struct BudgetedAd {
  std::string_view id;  // as it stands in the catalogue
  double daily_budget = 0;
};

// Seconds since the epoch, of the system's clock.
int64_t seconds_now();

struct BudgetOptions {
  std::string time_zone = "UTC";  // a name such as "Europe/Berlin"
  // Seconds since the epoch. Any thread may call it; it must not throw.
  std::function<int64_t()> clock = seconds_now;
};

class Budgets {
 public:
  static constexpr double kMostDailyBudget = 281'474'976;  // what 48 bits of millionths hold
  static constexpr double kAhead = 1.0 / 24;  // share of the budget by which spending may lead

  // Opens the file at `path`, or makes it, for the ads that have a daily budget. The other
  // functions name an ad by its index in `ads`, whose texts need not outlive the call. Ads with the
  // same id share what they spend. What was spent today by ads that stand in the file stays.
  //
  // An error names the time zone that is unknown, the ad whose budget is not from 0 to
  // kMostDailyBudget, or the file that is in use by another process, is damaged or cannot be
  // written. A damaged file is never replaced.
  static Result<std::unique_ptr<Budgets>> open(const std::string& path,
                                               std::span<const BudgetedAd> ads,
                                               const BudgetOptions& options = {});

  // The budgets of other ads in the same open file: those of an index that was rebuilt while this
  // one serves, or of the ads that were added to it. What one spends on an ad, the other sees at
  // once. Each may be destroyed first.
  Result<std::unique_ptr<Budgets>> of(std::span<const BudgetedAd> ads) const;

  // The last one of a file syncs it. Call flush() before where the error of that matters.
  ~Budgets() = default;
  Budgets(const Budgets&) = delete;
  Budgets& operator=(const Budgets&) = delete;

  size_t size() const noexcept { return ads_.size(); }

  // How far spending may be at one moment. A query makes it once and asks for all its ads with it.
  struct Pace {
    uint32_t day;
    double share;  // of its daily budget an ad may have spent less than this
  };
  Pace pace(int64_t now) const noexcept;

  // Whether the ad can pay for a click. Two atomic loads.
  bool may_take_part(size_t ad, const Pace& pace) const noexcept;
  bool may_take_part(size_t ad, int64_t now) const noexcept { return may_take_part(ad, pace(now)); }

  // Takes the price of a click from today's budget. When this returns, the amount survives the end
  // of the process, however it ends. A power cut takes back the last second at most, as long as
  // spending goes on: the first call of a new second waits until all earlier amounts are on the
  // disk. The amounts of the second before a pause are written by flush(), or else by the kernel's
  // own writeback.
  //
  // False, and nothing is spent, where the amount is negative or no finite number. What 48 bits of
  // millionths cannot hold of a day's spending is not counted: no budget is as large.
  bool spend(size_t ad, double amount) noexcept;

  // What was spent on the ad on the day of `now`.
  double spent(size_t ad, int64_t now) const noexcept;

  // Changes a budget at once. It is not stored: the catalogue is where budgets stand.
  Status set_daily_budget(size_t ad, double amount);
  double daily_budget(size_t ad) const noexcept;

  // Waits until all amounts are on the disk, and does nothing where they are already. A host that
  // calls it every second bounds what a power cut takes back, in pauses too. An error names the
  // file, and may be that of a sync by spend(), which has nobody to report it to.
  Status flush() { return file_->flush(); }

 private:
  struct Ad {
    std::atomic<uint64_t> budget_micros = 0;
    uint64_t* word = nullptr;  // in the file
  };

  Budgets(std::shared_ptr<BudgetFile> file, Days days, std::function<int64_t()> clock,
          std::span<const BudgetedAd> ads, const BudgetWords& words);
  static Result<std::unique_ptr<Budgets>> of_file(std::shared_ptr<BudgetFile> file, Days days,
                                                  std::function<int64_t()> clock,
                                                  std::span<const BudgetedAd> ads);

  const std::shared_ptr<BudgetFile> file_;
  const std::shared_ptr<const BudgetMapping> mapping_;  // holds the words of `ads_`
  const Days days_;
  const std::function<int64_t()> clock_;
  std::vector<Ad> ads_;
};

}  // namespace barker

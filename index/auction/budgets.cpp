#include "index/auction/budgets.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace barker {
namespace {

constexpr double kMicros = 1e6;

static_assert(std::atomic_ref<uint64_t>::is_always_lock_free);
static_assert(Budgets::kMostDailyBudget * kMicros < DaySpending::kMostMicros);

// `amount` is finite and at least 0.
uint64_t micros_of(double amount) {
  constexpr double kMost = static_cast<double>(DaySpending::kMostMicros);  // exact: it has 48 bits
  return static_cast<uint64_t>(std::min(std::round(amount * kMicros), kMost));
}

Status check_budget(const std::string& ad, double amount) {
  if (amount >= 0 && amount <= Budgets::kMostDailyBudget) return {};
  return invalid_argument(ad + ": daily budget: expected a number from 0 to " +
                          std::to_string(static_cast<int64_t>(Budgets::kMostDailyBudget)) +
                          ", found " + std::to_string(amount));
}

Status check_budgets(std::span<const BudgetedAd> ads) {
  for (const BudgetedAd& ad : ads) {
    Status s = check_budget("ad \"" + std::string(ad.id) + "\"", ad.daily_budget);
    if (!s.ok()) return s;
  }
  return {};
}

// What a word says of `day`. Where another thread has begun the next day already, that is the day:
// days go forward only. A day even later was a mistake of the clock and counts as little as a past
// one.
DaySpending on_day(uint64_t word, uint32_t day) {
  const DaySpending spending = DaySpending::of(word);
  if (spending.day == day || spending.day == day + 1) return spending;
  return {day, 0};
}

}  // namespace

int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Result<std::unique_ptr<Budgets>> Budgets::open(const std::string& path,
                                               std::span<const BudgetedAd> ads,
                                               const BudgetOptions& options) {
  if (Status s = check_budgets(ads); !s.ok()) return s;
  const int64_t now = options.clock();
  Result<Days> days = Days::from(now, options.time_zone);
  if (!days.ok()) return days.status();
  Result<std::shared_ptr<BudgetFile>> file = BudgetFile::open(path, days->at(now).number);
  if (!file.ok()) return file.status();
  return of_file(std::move(*file), std::move(*days), options.clock, ads);
}

Result<std::unique_ptr<Budgets>> Budgets::of(std::span<const BudgetedAd> ads) const {
  if (Status s = check_budgets(ads); !s.ok()) return s;
  return of_file(file_, days_, clock_, ads);
}

Result<std::unique_ptr<Budgets>> Budgets::of_file(std::shared_ptr<BudgetFile> file, Days days,
                                                  std::function<int64_t()> clock,
                                                  std::span<const BudgetedAd> ads) {
  std::vector<Fingerprint> fingerprints;
  fingerprints.reserve(ads.size());
  for (const BudgetedAd& ad : ads) fingerprints.push_back(fingerprint(ad.id));
  const Result<BudgetWords> words = file->words(fingerprints);
  if (!words.ok()) return words.status();
  return std::unique_ptr<Budgets>(
      new Budgets(std::move(file), std::move(days), std::move(clock), ads, *words));
}

Budgets::Budgets(std::shared_ptr<BudgetFile> file, Days days, std::function<int64_t()> clock,
                 std::span<const BudgetedAd> ads, const BudgetWords& words)
    : file_(std::move(file)),
      mapping_(words.mapping),
      days_(std::move(days)),
      clock_(std::move(clock)),
      ads_(ads.size()) {
  for (size_t i = 0; i < ads.size(); ++i) {
    ads_[i].budget_micros.store(micros_of(ads[i].daily_budget), std::memory_order_relaxed);
    ads_[i].word = words.words[i];
  }
}

Budgets::Pace Budgets::pace(int64_t now) const noexcept {
  const Day day = days_.at(now);
  const double passed = now > day.begin ? static_cast<double>(now - day.begin) /
                                              static_cast<double>(day.end - day.begin)
                                        : 0;
  return {day.number, std::min(1.0, passed + kAhead)};
}

bool Budgets::may_take_part(size_t ad, const Pace& pace) const noexcept {
  const uint64_t word = std::atomic_ref(*ads_[ad].word).load(std::memory_order_relaxed);
  const DaySpending spending = on_day(word, pace.day);
  const double share = spending.day == pace.day ? pace.share : kAhead;  // the next day begins
  const auto budget = static_cast<double>(ads_[ad].budget_micros.load(std::memory_order_relaxed));
  return spending.micros < static_cast<uint64_t>(budget * share + 0.5);
}

bool Budgets::spend(size_t ad, double amount) noexcept {
  if (!(amount >= 0) || !std::isfinite(amount)) return false;
  const uint64_t micros = micros_of(amount);
  const int64_t now = clock_();
  const uint32_t day = days_.at(now).number;
  const std::atomic_ref word(*ads_[ad].word);
  uint64_t seen = word.load(std::memory_order_relaxed);
  DaySpending spending;
  do {
    spending = on_day(seen, day);
    spending.micros = std::min(spending.micros + micros, DaySpending::kMostMicros);
  } while (!word.compare_exchange_weak(seen, spending.word(), std::memory_order_relaxed));
  file_->stored(now);
  return true;
}

double Budgets::spent(size_t ad, int64_t now) const noexcept {
  const uint64_t word = std::atomic_ref(*ads_[ad].word).load(std::memory_order_relaxed);
  return static_cast<double>(on_day(word, days_.at(now).number).micros) / kMicros;
}

Status Budgets::set_daily_budget(size_t ad, double amount) {
  if (Status s = check_budget("ad " + std::to_string(ad), amount); !s.ok()) return s;
  ads_[ad].budget_micros.store(micros_of(amount), std::memory_order_relaxed);
  return {};
}

double Budgets::daily_budget(size_t ad) const noexcept {
  return static_cast<double>(ads_[ad].budget_micros.load(std::memory_order_relaxed)) / kMicros;
}

}  // namespace barker

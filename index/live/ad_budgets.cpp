#include "index/live/ad_budgets.h"

#include <utility>

#include "index/catalogue/ad_store_generated.h"

namespace barker {

Result<AdBudgets> AdBudgets::of(const AdStore& store, const Budgets* file) {
  AdBudgets budgets;
  if (!file) return budgets;
  std::vector<BudgetedAd> ads;
  std::vector<uint32_t> numbers(store.size(), kNone);
  for (size_t i = 0; i < store.size(); ++i) {
    const fbs::StoredAd& ad = store.ad(i);
    // Negative is none, and the largest ones can never be spent.
    if (ad.daily_budget() < 0 || ad.daily_budget() > Budgets::kMostDailyBudget) continue;
    numbers[i] = static_cast<uint32_t>(ads.size());
    ads.push_back({ad.id()->string_view(), ad.daily_budget()});
  }
  if (!ads.empty()) budgets.numbers = std::move(numbers);
  Result<std::unique_ptr<Budgets>> ledger = file->of(ads);
  if (!ledger.ok()) return ledger.status();
  budgets.ledger = std::move(*ledger);
  return budgets;
}

}  // namespace barker

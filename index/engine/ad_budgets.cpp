#include "index/engine/ad_budgets.h"

#include <algorithm>
#include <utility>

#include "index/catalogue/ad_store_generated.h"

namespace barker {

Result<AdBudgets> AdBudgets::open(const AdStore& store, const std::string& file,
                                  const std::string& time_zone) {
  AdBudgets budgets;
  std::vector<BudgetedAd> ads;
  std::vector<uint32_t> numbers(store.size(), kNone);
  for (size_t i = 0; i < store.size(); ++i) {
    const fbs::StoredAd& ad = store.ad(i);
    // Negative is none, and the largest ones can never be spent.
    if (ad.daily_budget() < 0 || ad.daily_budget() > Budgets::kMostDailyBudget) continue;
    const uint32_t without_ledger = ad.daily_budget() == 0 ? kEmpty : kNone;
    numbers[i] = file.empty() ? without_ledger : static_cast<uint32_t>(ads.size());
    if (file.empty()) continue;
    budgets.by_id.emplace(fingerprint(ad.id()->string_view()), numbers[i]);
    ads.push_back({ad.id()->string_view(), ad.daily_budget()});
  }
  const bool any = std::ranges::any_of(numbers, [](uint32_t number) { return number != kNone; });
  if (any) budgets.numbers = std::move(numbers);
  if (file.empty()) return budgets;
  Result<std::unique_ptr<Budgets>> ledger = Budgets::open(file, ads, {.time_zone = time_zone});
  if (!ledger.ok()) return ledger.status();
  budgets.ledger = std::move(*ledger);
  return budgets;
}

}  // namespace barker

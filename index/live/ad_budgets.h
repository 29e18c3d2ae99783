// The daily budgets of the ads of a segment.
#pragma once

#include <memory>
#include <vector>

#include "index/auction/budgets.h"
#include "index/catalogue/ad_store.h"
#include "models/base/result.h"

namespace barker {

// Immutable but for the ledger, which any thread may use.
struct AdBudgets {
  // `file`: what is spent; null: spending is not counted, and only a budget of 0 keeps an ad out.
  static Result<AdBudgets> of(const AdStore& store, const Budgets* file);

  static constexpr uint32_t kNone = ~uint32_t{0};

  uint32_t number(uint32_t ad) const noexcept { return numbers.empty() ? kNone : numbers[ad]; }

  std::unique_ptr<Budgets> ledger;
  std::vector<uint32_t> numbers;  // in the ledger, by ad; kNone: no budget. Empty: no ad has one.
};

}  // namespace barker

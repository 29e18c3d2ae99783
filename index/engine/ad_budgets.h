// The daily budgets of the ads of an index. Only index/engine includes this.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/auction/budgets.h"
#include "index/catalogue/ad_store.h"
#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

// Immutable but for the ledger, which any thread may use.
struct AdBudgets {
  // `file`: what was spent, for Budgets::open(); empty: spending is not counted, and only a budget of 0
  // keeps an ad out.
  static Result<AdBudgets> open(const AdStore& store, const std::string& file,
                                const std::string& time_zone);

  bool may_take_part(uint32_t ad, const Budgets::Pace& pace) const noexcept {
    if (numbers.empty() || numbers[ad] == kNone) return true;
    return ledger ? ledger->may_take_part(numbers[ad], pace) : numbers[ad] != kEmpty;
  }

  static constexpr uint32_t kNone = ~uint32_t{0};
  static constexpr uint32_t kEmpty = kNone - 1;  // without a ledger: a budget of 0

  std::unique_ptr<Budgets> ledger;
  std::vector<uint32_t> numbers;  // in the ledger, by ad; kNone: no budget. Empty: no ad has one.
  std::unordered_map<Fingerprint, uint32_t> by_id;
};

}  // namespace barker

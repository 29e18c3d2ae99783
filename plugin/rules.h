// What may not be shown, whatever the model says: a kill switch and forbidden claims. A TOML text
// that the host reloads at will (extension barker.rules/1); all keys optional, a wrong one is an
// error that names its line and leaves the rules before in force.
//
//   off = false                     true: every query is bypassed
//   merchants_off = ["m17"]         their ads keep their place and their own titles
//   selling_points_off = ["..."]    never shown, in whatever spelling has the same normal form
//   [[forbid]]                      selling points that match are never shown
//   pattern = "\\bbest\\b|第一"      ICU regular expression, searched in the normal form (lower
//                                   case)
//   category = "cosmetics"          only for ads of this category; absent: for all
//
// Patterns are matched when rules or weights are loaded, over the names the model can choose from,
// and never while a query runs: a slow one delays the load and is refused there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "models/base/result.h"
#include "models/weights/vocabulary.h"

namespace barker {

// A set of rules, a bit each.
using RuleMask = uint64_t;

class Rules {
 public:
  Rules() = default;  // none
  static Result<Rules> parse(std::string_view toml);

  bool off = false;

  // Which rules forbid each of the first `rows` names. Empty where there are none. An error where
  // it takes too long: other control calls, a kill switch among them, wait meanwhile.
  Result<std::vector<RuleMask>> match(
      const Vocabulary& vocabulary, uint32_t rows,
      std::chrono::milliseconds at_most = std::chrono::seconds(30)) const;

  // Which rules apply to ads of a category.
  RuleMask of_category(std::string_view category) const noexcept;
  bool is_merchant_off(std::string_view merchant) const noexcept;

 private:
  struct Forbidden {
    std::string pattern;
    std::string category;  // empty: all
  };
  Status cannot_match(size_t index, const std::string& error) const;

  std::unordered_set<Fingerprint> merchants_off_, selling_points_off_;
  std::vector<Forbidden> forbidden_;  // bit i + 1; bit 0: selling_points_off_
};

}  // namespace barker

// Rules say what may not be shown, whatever the model says: a kill switch and forbidden claims.
// They are a TOML text, which the host reloads whenever it likes (extension barker.rules/1). All
// keys are optional. A wrong one is an error that names its line, and leaves the rules before it in
// force.
//
//   off = false                     true: every query is bypassed
//   merchants_off = ["m17"]         ads of these merchants keep their place and their own titles
//   selling_points_off = ["..."]    these are never shown, in any spelling of the same normal form
//   [[forbid]]                      selling points that match are never shown
//   pattern = "\\bbest\\b|第一"      ICU regular expression, searched in the normal form (lower
//                                   case)
//   category = "cosmetics"          only for ads of this category; absent: for all
//
// Merchants and categories are compared without case, character references and spaces around them.
// A category is a path, whose elements >, /, |, » and their like separate: "cosmetics" covers
// "Beauty > Cosmetics > Masks", and so does "beauty/cosmetics".
//
// Patterns are matched when rules or weights are loaded, over the names the model can choose from,
// and never while a query runs. A slow pattern delays the load and is refused there.
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

// A set of rules: each is one bit.
using RuleMask = uint64_t;

class Rules {
 public:
  Rules() = default;  // none
  static Result<Rules> parse(std::string_view toml);

  bool off = false;

  // Which rules forbid each of the first `rows` names; empty where there are no rules. It is an
  // error if that takes longer than `at_most`, because other control calls, among them one that
  // pulls the kill switch, wait meanwhile.
  Result<std::vector<RuleMask>> match(
      const Vocabulary& vocabulary, uint32_t rows,
      std::chrono::milliseconds at_most = std::chrono::seconds(30)) const;

  // Which rules apply to ads of a category. Both functions allocate only where a text has character
  // references.
  RuleMask of_category(std::string_view category) const;
  bool is_merchant_off(std::string_view merchant) const;

 private:
  struct Forbidden {
    std::string pattern;
    std::vector<Fingerprint> category;  // the elements of its path; empty: all
  };
  Status cannot_match(size_t index, const std::string& error) const;

  std::unordered_set<Fingerprint> merchants_off_, selling_points_off_;
  std::vector<Forbidden> forbidden_;  // bit i + 1; bit 0: selling_points_off_
};

}  // namespace barker

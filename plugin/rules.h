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
//   [[block]]                       what one merchant does not want before its titles (blocks.h)
//   merchant = "m17"                or ad = "a12"
//   exact = ["free shipping"]
//   contains = ["free"]
//
// The filters beside a page (barker_prepared.forbidden) obey `off`, with which none is shown,
// selling_points_off and [[forbid]]. merchants_off and [[block]] say what stands before the titles
// of some ads, and nothing about filters.
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
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/base/result.h"
#include "models/weights/vocabulary.h"
#include "plugin/blocks.h"

namespace barker {

// A set of rules: each is one bit.
using RuleMask = uint64_t;

// Merchants and categories as rules compare them. An ad that is asked for often has them made once.
// Both functions allocate only where a text has an ampersand, which may begin a character
// reference, and append_category_path() where `path` has to grow.
Fingerprint merchant_fingerprint(std::string_view merchant);
// Appends the names of a category's path, outermost first.
void append_category_path(std::string_view category, std::vector<Fingerprint>& path);

class Rules {
 public:
  Rules() = default;  // none
  static Result<Rules> parse(std::string_view toml);

  bool off = false;
  Blocks blocks;  // merchants' own

  // Which rules forbid each of the first `rows` names; empty where there are no rules. It is an
  // error if that takes longer than `at_most`, because other control calls, among them one that
  // pulls the kill switch, wait meanwhile.
  Result<std::vector<RuleMask>> match(
      const Vocabulary& vocabulary, uint32_t rows,
      std::chrono::milliseconds at_most = std::chrono::seconds(30)) const;

  // Which rules apply to ads of a category, and whether those of a merchant keep their titles.
  RuleMask of_category(std::string_view category) const;
  RuleMask of_category_path(std::span<const Fingerprint> path) const noexcept;
  bool is_merchant_off(std::string_view merchant) const;
  bool is_merchant_off(Fingerprint merchant) const noexcept;
  bool forbid_names() const noexcept { return !selling_points_off_.empty() || !forbidden_.empty(); }
  // Whether a selling point that is not among the names of match() must not be shown. No pattern is
  // matched while a query runs, so that one which applies forbids all that were never seen.
  bool forbids_unseen(Fingerprint point, RuleMask applying) const noexcept;

 private:
  friend class RulesCheck;
  class Matchers;

  struct Forbidden {
    std::string pattern;
    std::string category_text;          // as the text of the rules has it
    std::vector<Fingerprint> category;  // the elements of its path; empty: all
  };
  // What is off, with the spelling that the text of the rules has.
  using Names = std::unordered_map<Fingerprint, std::string>;

  Status cannot_match(size_t index, const std::string& error) const;

  Names merchants_off_, selling_points_off_;
  std::vector<Forbidden> forbidden_;  // bit i + 1; bit 0: selling_points_off_
  bool names_categories_ = false;     // whether one of forbidden_ is for some categories only
};

// Counts what each rule covers of a catalogue, so that people see which of their rules never hit.
class RulesCheck {
 public:
  struct Hits {
    std::string rule;  // such as: forbid "best" in "cosmetics"
    uint64_t ads = 0, selling_points = 0;
  };

  // `rules` must outlive it.
  static Result<RulesCheck> create(const Rules& rules);
  ~RulesCheck();
  RulesCheck(RulesCheck&&) noexcept;

  // Fails where a pattern takes too long.
  Status add(std::string_view id, std::string_view merchant, std::string_view category,
             const std::vector<std::string_view>& selling_points);

  // In the order merchants_off, selling_points_off, forbid, block.
  std::vector<Hits> hits() const;

 private:
  explicit RulesCheck(const Rules& rules);
  void add_to_block(uint32_t block, const std::vector<std::string_view>& selling_points);

  const Rules& rules_;
  std::unique_ptr<Rules::Matchers> matchers_;
  std::unordered_map<Fingerprint, Hits> merchants_, points_;
  std::vector<Hits> forbidden_, blocks_;
};

}  // namespace barker

// Merchants' own blocks: selling points (SPs) that must not be shown for one merchant's ads, or for
// one ad. They are part of the rules (rules.h):
//
//   [[block]]
//   merchant = "m17"              or ad = "a12": its id
//   exact = ["free shipping"]     these, in any spelling of the same normal form
//   contains = ["free"]           those in which these words stand one after another
//
// What `contains` covers is looked up when rules or weights are loaded, over the names that the
// model can choose from. Immutable once read: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "models/base/result.h"
#include "models/base/toml_names.h"
#include "models/text/fingerprint.h"
#include "models/weights/vocabulary.h"

namespace barker {

// After so many names of a vocabulary, matching them looks at the clock again.
inline constexpr uint32_t kNamesBetweenLooks = 256;

class Blocks {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;
  // Of each block, the rows whose names it forbids, ascending.
  using Rows = std::vector<std::vector<uint32_t>>;

  // Reads one [[block]] table.
  Status add(const toml::table& table);

  bool is_empty() const { return blocks_.empty(); }
  bool name_ads() const { return !of_ads_.empty(); }

  // The block of a merchant (its merchant_fingerprint) or of an ad (the fingerprint of its id).
  uint32_t of_merchant(Fingerprint merchant) const noexcept {
    return find(of_merchants_, merchant);
  }
  uint32_t of_ad(Fingerprint id) const noexcept { return find(of_ads_, id); }

  // Fails where it takes longer than `at_most`.
  Result<Rows> match(const Vocabulary& vocabulary, uint32_t rows,
                     std::chrono::milliseconds at_most) const;

  // Whether a block forbids an SP, given its fingerprint and its text in normal form.
  bool forbids(uint32_t block, Fingerprint point, std::string_view normal_form) const;
  // The same for an SP whose text is not looked at: a block that has `contains` forbids it.
  bool forbids_unseen(uint32_t block, Fingerprint point) const noexcept;

  // For people: block merchant "m17".
  size_t size() const { return blocks_.size(); }
  const std::string& name_of(size_t block) const { return blocks_[block].name; }

 private:
  struct Block {
    std::string name;
    std::unordered_set<Fingerprint> exact;
    std::vector<std::string> contains;  // in normal form
  };
  using Owners = std::unordered_map<Fingerprint, uint32_t>;

  static uint32_t find(const Owners& owners, Fingerprint owner) noexcept {
    const auto found = owners.find(owner);
    return found == owners.end() ? kNone : found->second;
  }

  std::vector<Block> blocks_;
  Owners of_merchants_, of_ads_;
};

}  // namespace barker

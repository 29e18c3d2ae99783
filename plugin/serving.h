// What serves now: weights, perhaps a canary beside them, and rules; one immutable object, so that
// a query sees all of it as it was at one moment. Changed by making another and switching a
// pointer.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "models/base/buckets.h"
#include "models/text/fingerprint.h"
#include "plugin/catalogue.h"
#include "plugin/counters.h"
#include "plugin/experiments.h"
#include "plugin/generation.h"
#include "plugin/rules.h"

namespace barker {

struct CatalogueRows;

// Weights with the rules matched against their names.
struct RuledGeneration {
  std::shared_ptr<const Generation> generation;       // null: no weights
  std::shared_ptr<const std::vector<RuleMask>> rows;  // [keyword_rows] or empty: what forbids each
  std::shared_ptr<const Blocks::Rows> blocks;         // what each block forbids
  std::shared_ptr<GenerationCounters> counters;
  std::shared_ptr<const CatalogueRows> catalogues = {};  // null: no weights, or not yet resolved

  uint64_t id() const noexcept { return generation ? generation->id : 0; }

  // Which of the rules in `applying` forbid a name.
  bool forbids(uint32_t row, RuleMask applying) const noexcept {
    return !rows->empty() && ((*rows)[row] & applying) != 0;
  }
  // Whether a merchant's own block forbids a name.
  bool blocks_name(uint32_t block, uint32_t row) const noexcept {
    return std::ranges::binary_search((*blocks)[block], row);
  }
};

// The rules matched against the names of a generation; null is fine.
Result<RuledGeneration> apply(const Rules& rules, std::shared_ptr<const Generation> generation,
                              std::shared_ptr<GenerationCounters> counters);
RuledGeneration no_weights();

// Which users get the canary's answers. A larger share adds users and takes none away.
struct CanaryShares {
  double served = 0;    // of the users; they see its answers
  double compared = 0;  // of the queries; those answers are never shown (plugin/comparison.h)
  uint64_t salt = 0;    // another one gives other users

  // A user without an id cannot be recognised at the next query and never gets them.
  bool serves(std::string_view user) const noexcept {
    return served > 0 && !user.empty() && is_within(salted_place(fingerprint(user), salt), served);
  }
};

struct Serving {
  RuledGeneration weights;
  RuledGeneration canary;  // without generation: there is none
  CanaryShares shares;
  std::shared_ptr<const Rules> rules;  // never null
  std::shared_ptr<const CatalogueSet> catalogues = std::make_shared<const CatalogueSet>();
  std::shared_ptr<const Experiments> experiments = std::make_shared<const Experiments>();

  const RuledGeneration& weights_for(std::string_view user, WeightsRole role) const noexcept {
    if (!canary.generation || role == WeightsRole::kServing) return weights;
    return role == WeightsRole::kCanary || shares.serves(user) ? canary : weights;
  }
};

}  // namespace barker

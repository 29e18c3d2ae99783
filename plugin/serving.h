// What serves now: weights and rules, one immutable object, so that a query sees both as they were
// at one moment. Changed by making another and switching a pointer.
#pragma once

#include <memory>
#include <vector>

#include "plugin/generation.h"
#include "plugin/rules.h"

namespace barker {

// Weights with the rules matched against their names.
struct RuledGeneration {
  std::shared_ptr<const Generation> generation;       // null: no weights
  std::shared_ptr<const std::vector<RuleMask>> rows;  // [keyword_rows] or empty: what forbids each
};

struct Serving {
  RuledGeneration weights;
  std::shared_ptr<const Rules> rules;  // never null

  // Which of the rules in `applying` forbid a name.
  bool forbids(uint32_t row, RuleMask applying) const noexcept {
    return !weights.rows->empty() && ((*weights.rows)[row] & applying) != 0;
  }
};

}  // namespace barker

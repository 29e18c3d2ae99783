// Click rates of keywords beside what else a search has: its category and the features of its
// groups. One thread counts; then any thread may ask.
#pragma once

#include <cstdint>
#include <optional>

#include "models/baselines/rate_table.h"
#include "models/data/dataset.h"

namespace barker {

struct ContextRates {
  RateTable of_category, of_feature;

  // Counts the known SFs of the training searches before a time, or of all, in place of what was
  // counted before.
  void count(const Dataset& data, std::optional<int64_t> before);
};

}  // namespace barker

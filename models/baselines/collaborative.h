// User-based collaborative filtering and its variants (baseline.h says how they differ).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/baselines/baseline.h"

namespace barker {

enum class Collaborative { kUserCf, kFucf, kTeucf, kTaucf, kMucf, kMucfSwitch };
std::unique_ptr<Baseline> make_collaborative(Collaborative kind);

// What user-cf, with the constants that it starts from, gives the SFs of the searches if it learns
// from the training searches before a time, or from all: an input of other baselines.
std::vector<float> user_cf_scores(const Dataset& data, std::optional<int64_t> before,
                                  std::span<const uint32_t> searches);

}  // namespace barker

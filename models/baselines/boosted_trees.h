// Gradient boosted trees over counts (tree_features.h).
#pragma once

#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

std::unique_ptr<Baseline> make_boosted_trees();

}  // namespace barker

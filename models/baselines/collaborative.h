// User-based collaborative filtering and its variants (baseline.h says how they differ).
#pragma once

#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

enum class Collaborative { kUserCf, kFucf, kTeucf, kTaucf, kMucf, kMucfSwitch };
std::unique_ptr<Baseline> make_collaborative(Collaborative kind);

}  // namespace barker

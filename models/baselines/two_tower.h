// A two-tower network: user and query become one vector, the keyword another, and their dot product
// is the logit.
#pragma once

#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

std::unique_ptr<Baseline> make_two_tower();

}  // namespace barker

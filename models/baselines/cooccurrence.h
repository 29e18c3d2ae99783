// Logistic regression on how often a keyword stood together with the keywords of the user's history
// and of the query.
#pragma once

#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

std::unique_ptr<Baseline> make_cooccurrence();

}  // namespace barker

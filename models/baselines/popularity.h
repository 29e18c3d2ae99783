// Click rates of keywords, which know nothing of the user and the query.
#pragma once

#include <memory>

#include "models/baselines/baseline.h"

namespace barker {

std::unique_ptr<Baseline> make_popularity(bool by_category);

}  // namespace barker

// When the searches of a split happened. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "models/data/dataset.h"

namespace barker {

// The first and the last time of searches.
struct Period {
  int64_t first, last;
};

// Nothing where there are no searches.
std::optional<Period> period_of(const Dataset& data, std::span<const uint32_t> searches);
// Of all searches of a split.
std::optional<Period> period_of(const Dataset& data, Split split);

}  // namespace barker

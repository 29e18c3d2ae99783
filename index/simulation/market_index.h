// The index of a market's catalogue.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// Builds the index of a catalogue in the directory `index`, in place of whatever stands there. A
// line of the catalogue that is no ad is an error: what makes catalogues here makes no such lines.
Status build_market_index(const std::string& catalogue, const std::string& index);

}  // namespace barker

// A checkpoint as a diverged run would have left it.
#pragma once

#include <string>

#include "models/data/dataset.h"
#include "models/train/options.h"

namespace barker {

// Replaces every embedding in the checkpoint by NaN. Returns false if that fails.
bool poison_checkpoint(const std::string& path, const Dataset& data, const TrainOptions& options);

}  // namespace barker

// Checkpoints of a run that has diverged, for tests.
#pragma once

#include <cmath>
#include <string>

#include "models/data/dataset.h"
#include "models/train/options.h"

namespace barker {

// The path of a checkpoint that was taken after the first step and whose embeddings are NaN, or are
// multiplied by `factor`. The caller removes the file.
std::string diverged_checkpoint(const Dataset& data, const TrainOptions& options,
                                double factor = NAN);

}  // namespace barker

// Predictions of a frozen weight file for a dataset, through the serving kernels: what is judged is
// what serves.
#pragma once

#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/weights/weight_file.h"
#include "scoring/forward.h"

namespace barker {

// Calibrated probabilities of the split's instances in the order of instances_of(). The dataset may
// be another than the model's own: keywords and features are found by name. An SF whose keyword the
// model does not know gets `unknown`, the only thing that can be said of it (the plugin never
// chooses such an SP). Task::kAuxiliary needs a model with an auxiliary task (invalid_argument).
Result<std::vector<float>> score_dataset(const WeightFile& file, const KernelTable& kernels,
                                         const Dataset& data, Split split, Task task,
                                         float unknown);

// The same, raw logits of a network of `file`; NaN where the keyword is unknown.
Result<std::vector<float>> score_logits(const WeightFile& file, const PackedNetwork& network,
                                        const Dataset& data, Split split, Task task,
                                        Exactness exactness);

}  // namespace barker

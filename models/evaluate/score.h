// Predictions of a weight file for a dataset. They are computed by the kernels that serve queries,
// so that the model is judged as it will serve. Any thread.
#pragma once

#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/weights/weight_file.h"
#include "scoring/forward.h"

namespace barker {

// Calibrated probabilities of the split's instances in the order of instances_of(). The dataset
// need not be the one the model was trained on: keywords and features are found by name. If the
// model does not know the keyword of an SF, the probability is `unknown`; the plugin never chooses
// such an SF, so the model says nothing about it. Task::kAuxiliary needs a model with an auxiliary
// task (invalid_argument). A logit that is not finite is bad_data.
Result<std::vector<float>> score_dataset(const WeightFile& file, const KernelTable& kernels,
                                         const Dataset& data, Split split, Task task,
                                         float unknown);

// How many of the training split's SFs were clicked: what is known of one whose keyword is unknown.
// 0.5 where the split has none.
float training_click_rate(const Dataset& data);

// What score_dataset() gives, as logits without calibration, of a network of `file`. NaN stands for
// an unknown keyword and for nothing else.
Result<std::vector<float>> score_logits(const WeightFile& file, const PackedNetwork& network,
                                        const Dataset& data, Split split, Task task,
                                        Exactness exactness);

}  // namespace barker

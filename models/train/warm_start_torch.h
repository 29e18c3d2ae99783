// Starts a training from the weights of another one, such as yesterday's.
#pragma once

#include <string>

#include "models/train/train_state_torch.h"

namespace barker {

struct WarmStart {
  uint32_t rows_taken = 0;  // of keywords and features, found by name
  uint32_t rows_begun = 0;  // of keywords and features that the file does not have
  uint32_t layers_taken = 0, layers_begun = 0;
};

// Takes the rows of keywords and features that the file has, too, and the layers of the same names.
// initialise_table() must have filled the table: a keyword that the file does not have gets the
// place that its start has among the keywords that it has, by the linear map that fits these best
// (ridge regression). invalid_argument where the file is of another architecture; the error names
// what differs.
Result<WarmStart> warm_start(const std::string& weights, const Dataset& data, const ModelPlan& plan,
                             TorchNetwork& network, TrainState& state);

}  // namespace barker

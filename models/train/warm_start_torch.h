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

// Fills the table as initialise_table() does, and then takes the rows of keywords and features that
// the file has, too, and the layers of the same names. A keyword that the file does not have gets
// the place that its start has among the keywords that it has, by the linear map that fits these
// best (ridge regression). A keyword of which the file has more evidence (click_rates.h) counts
// more there, so that rows which `extend` guessed from titles count least. invalid_argument where
// the file is of another architecture; the error names what differs.
Result<WarmStart> warm_start(const std::string& weights, const Dataset& data, const ModelPlan& plan,
                             const TrainOptions& options, TorchNetwork& network, TrainState& state);

// Adds to the trained model the keywords of the file that the log does not have, with the rows that
// they have there and, where they are phrases, as such (add_keywords.h). Returns how many. A log of
// the last weeks would otherwise make every word unknown that stands in none of its searches.
Result<uint32_t> keep_keywords(const std::string& weights, const TorchNetwork& network,
                               ModelSpec& model);

}  // namespace barker

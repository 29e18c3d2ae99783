// Adds keywords to a model that is described, so that the next version of a weight file knows words
// that training never saw. Nothing else of the model changes: the rows of the words that it knows
// keep every bit, and so do their folds.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/weights/writer.h"

namespace barker {

struct NewKeywords {
  std::vector<std::string> names;      // in normal form, none of them a name of the model
  std::vector<float> rows;             // [names, dim] of the embedding
  std::vector<float> dot_target_bias;  // [names]; of no meaning where the model has no dot product
  // [names] or empty: what is known of each, as ClickRateTable has it.
  std::vector<float> prior = {}, evidence = {};
};

// The new keywords get the rows behind the last folded row, so that they can be candidates; rows
// behind these move up. Where the model has click rates and `prior` is empty, they get that of a
// selling point without impressions, and no evidence. Fails without a change of the model where a
// size is not right or a name is there twice.
Status add_keywords(const NewKeywords& keywords, ModelSpec& model);

}  // namespace barker

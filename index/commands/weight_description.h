// What a weight file says of itself: the model card, the architecture and the tensors. Pure. [any
// thread]
#pragma once

#include <nlohmann/json.hpp>

#include "models/weights/weight_file.h"

namespace barker {

// An object. Texts are as the file has them: whoever prints them to a terminal makes them safe
// first.
nlohmann::ordered_json describe_weights(const WeightFile& file);

}  // namespace barker

// Where embeddings start.
#pragma once

#include <cstdint>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

// Embeddings [keywords, dim] from which keywords stand together in titles, queries and histories of
// the training split: truncated SVD of the positive pointwise mutual information, scaled to a
// standard deviation of `deviation`. On small data it is decisive: a random start learns nothing
// before it overfits.
std::vector<float> svd_embeddings(const Dataset& data, uint32_t dim, double deviation,
                                  uint64_t seed);

}  // namespace barker

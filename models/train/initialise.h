// The values that embeddings have before training.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

// Embeddings [keywords, dim] that are made from which keywords stand together in titles, queries
// and histories of the training split: a truncated SVD of the positive pointwise mutual
// information, scaled to a standard deviation of `deviation`. On small data this start is decisive,
// because a model that starts at random overfits before it learns anything. With `before`, only
// searches before that time are counted.
std::vector<float> svd_embeddings(const Dataset& data, uint32_t dim, double deviation,
                                  uint64_t seed, std::optional<int64_t> before = std::nullopt);

}  // namespace barker

// A clock for the Amazon review sets, which have an order for each user and no times.
//
// The sets number users in the order of the products' numbers, which tells roughly in which order
// products were listed: a user's number is near that of the oldest product that the user bought.
// So a product's rank r is its place among all by its last buyer in the file, and the time of a
// purchase is
//
//   10 max r + n
//
// where the maximum is over what its user bought so far, itself included, and n counts the user's
// purchases before it with the same maximum, up to 9. On Beauty, products that are bought later
// have the higher rank in 62% of the pairs of a user's purchases, so this is a poor clock. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "models/data/import/amazon_items.h"

namespace barker {

// By user and position in the user's sequence. Positions without a known item keep the time before
// them, and 0 before the first known one.
std::vector<std::vector<int64_t>> listing_times(const AmazonReviews& reviews);

}  // namespace barker

// The demo marketplace: a bilingual catalogue, users with tastes, and the log of what they clicked.
// Clicks are drawn from probabilities that are known. Equal options give equal bytes on every
// machine.
//
// P(SF v clicked | user u) = sigma(b + alpha t_u . appeal_v), where t_u is the user's taste on the
// axes of marketplace_words.h. P(ad clicked) depends on the selling point in its title that the
// user likes best.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"

namespace barker {

struct MarketplaceOptions {
  uint64_t seed = 1;
  uint32_t ads = 4000;
  uint32_t users = 1500;
  uint32_t searches = 16000;
  bool is_rich = false;  // merchants bid on long tails of invented words, too (marketplace_bids.h)
};

// Writes catalogue.jsonl, events.jsonl, users.jsonl and queries.txt into `directory`, which is made
// if it is missing.
Status write_marketplace(const MarketplaceOptions& options, const std::string& directory);

}  // namespace barker

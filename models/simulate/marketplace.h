// The demo marketplace: a bilingual catalogue, users with tastes, and the log of what they clicked,
// drawn from a click probability that is known. Equal options give equal bytes on every machine.
//
// P(SF v clicked | user u) = sigma(b + alpha t_u . appeal_v): u's taste t_u over the axes of
// marketplace_words.h; P(ad clicked) follows the best-liked selling points its title shows.
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
};

// Writes catalogue.jsonl, events.jsonl, users.jsonl and queries.txt into `directory`, which is made
// if missing.
Status write_marketplace(const MarketplaceOptions& options, const std::string& directory);

}  // namespace barker

// Selling points for feeds that have none: attribute values, and phrases of title and description
// that are frequent in the ad's category yet not universal in it. True of the product by
// construction: it says so itself.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"

namespace barker {

struct MineOptions {
  size_t minimum_ads = 5;      // of the category that must have a phrase
  double maximum_share = 0.4;  // of the category above which a phrase tells nothing
  size_t per_ad = 8;           // most selling points an ad gets
};

struct MinedPhrase {
  std::string category, phrase;
  size_t ads;
};

// Gives ads without selling points those mined for their category; returns what was given, for
// review.
std::vector<MinedPhrase> mine_selling_points(std::vector<CatalogueAd>& ads,
                                             const MineOptions& options = {});

}  // namespace barker

// Selling points for feeds that have none: attribute values, and phrases of title and description
// that are frequent in the ad's category yet not universal in it. A mined phrase is true of the
// product, because the ad itself contains it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"

namespace barker {

struct MineOptions {
  size_t minimum_ads = 5;      // of the category, at least, that must have a phrase
  double maximum_share = 0.4;  // of the category; a more frequent phrase tells nothing
  size_t per_ad = 8;           // selling points that an ad gets at most
};

struct MinedPhrase {
  std::string category, phrase;
  size_t ads;
};

// Gives ads without selling points those that were mined for their category. Returns the phrases that
// were given, so that a person can review them.
std::vector<MinedPhrase> mine_selling_points(std::vector<CatalogueAd>& ads,
                                             const MineOptions& options = {});

}  // namespace barker

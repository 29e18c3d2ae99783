// Proposals of selling points for feeds that have none. A proposal is a claim that several ads of a
// category make and most do not; a person decides which of them may stand before a title
// (accepted.h).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"

namespace barker {

struct MineOptions {
  size_t minimum_ads = 5;      // of the category that must make the claim
  double maximum_share = 0.4;  // of the category; what more ads claim tells them not apart
};

struct Proposal {
  std::string selling_point;  // as the first ad writes it
  std::string category;
  size_t ads = 0;                     // of the category that make the claim
  double share = 0;                   // of the category's ads
  std::vector<std::string> evidence;  // clauses or sentences of up to three ads with the claim
};

// Never proposed is what a text of the category negates, nor a part of a longer proposal without
// which it hardly ever stands. By category, the most frequent first. Pure: any thread.
std::vector<Proposal> propose_selling_points(const std::vector<CatalogueAd>& ads,
                                             const MineOptions& options = {});

}  // namespace barker

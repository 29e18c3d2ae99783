// The generalized second price: what a click on a shown ad costs. It is the least bid with which
// the ad would still stand where it stands.
//
// The plugin orders ads by score = bid^b * quality, where the quality is made of pCTR and
// first-pass score (scoring/order.h). The ad at place i keeps its place while its score is at least
// that of the ad behind it, so that the least bid is
//
//   price_i = bid_i * (score_{i+1} / score_i)^(1/b)  =  (score_{i+1} / quality_i)^(1/b)
//
// The second form shows that an ad's own bid does not change its price, as long as its place stays
// the same. Pure functions: any thread.
#pragma once

#include <span>

namespace barker {

// An ad of the page, as it was ordered. Bids, prices and the values below have one currency unit.
struct AuctionAd {
  double bid = 0;
  double score = 0;
  // Whether the score gave the ad its place. It did not for ads outside of the rescored window and
  // for ads that could not be rescored: their score is that of the first pass, which cannot be
  // compared with the others. Such an ad presses nobody's price, and nobody presses its own.
  bool ranked = true;
  // Whether the bid had a part in the order. It had none where texts alone ordered the ads.
  bool bid_counts = true;
};

struct PriceRules {
  double bid_exponent = 1;  // b: the plugin's `[order] bid`
  double reserve = 0;       // no click costs less, as long as the bid reaches it
  // The least bid that still brought an ad into the window: the highest one that was left outside,
  // and 0 where all ads found room. With a lower bid an ad would not have been ordered at all.
  double cut = 0;
};

// Fills prices[i] with what a click on ads[i] costs; prices.size() == ads.size(). The ads stand in
// the order in which they are shown. All ads of the window should be given and not only those of
// the page, because the ad behind the last one that is shown presses its price.
//
// An ad without a ranked ad behind it costs the larger of reserve and cut. An ad whose bid does not
// count, which is every ad where b is 0, costs the reserve.
//
// A price is a finite number from min(reserve, bid) to bid. This holds for arbitrary input: what is
// negative or no number counts as 0, an infinite bid as the largest number. Scores that are 0 or no
// number press no price.
void second_prices(std::span<const AuctionAd> ads, const PriceRules& rules,
                   std::span<double> prices) noexcept;

}  // namespace barker

#include "index/auction/price.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace barker {
namespace {

// std::min and std::max return their first argument where the second one is NaN, so that NaN
// becomes 0 here.
double amount(double value) {
  return std::min(std::max(0.0, value), std::numeric_limits<double>::max());
}

// The share of its bid with which an ad of `score` still stands before one of `behind`, from 0 to
// 1.
double needed_share(double score, double behind, double bid_exponent) {
  // Where the ad behind has no score, every bid is enough, and where this ad's quality is 0, no bid
  // moves it. NaN fails these comparisons, too.
  if (!(score > 0) || !(behind > 0)) return 0;
  // Equal scores are ordered by the first pass, so that any lower bid loses the place.
  if (behind >= score) return 1;
  const double ratio = behind / score;
  return bid_exponent == 1 ? ratio : std::pow(ratio, 1 / bid_exponent);  // pow is slow
}

}  // namespace

void second_prices(std::span<const AuctionAd> ads, const PriceRules& rules,
                   std::span<double> prices) noexcept {
  assert(prices.size() == ads.size());
  const bool order_has_bids = rules.bid_exponent > 0 && std::isfinite(rules.bid_exponent);
  const double reserve = amount(rules.reserve);
  const double least = std::max(reserve, amount(rules.cut));
  double behind = 0;  // score of the next ranked ad
  for (size_t i = ads.size(); i-- > 0;) {
    const AuctionAd& ad = ads[i];
    const double bid = amount(ad.bid);
    double price = reserve;
    if (order_has_bids && ad.bid_counts) {
      const double share = ad.ranked ? needed_share(ad.score, behind, rules.bid_exponent) : 0;
      price = std::max(least, bid * share);
    }
    prices[i] = std::min(price, bid);
    if (ad.ranked) behind = ad.score;
  }
}

}  // namespace barker

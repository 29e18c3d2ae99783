#include "index/auction/price.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "models/base/random.h"
#include "scoring/order.h"

namespace barker {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLargest = std::numeric_limits<double>::max();

std::vector<double> prices_of(const std::vector<AuctionAd>& ads, const PriceRules& rules) {
  std::vector<double> prices(ads.size());
  second_prices(ads, rules, prices);
  return prices;
}

TEST(Price, IsTheLeastBidThatKeepsThePlace) {
  // Qualities 0.5, 0.25 and 0.1: the first ad needs 1 / 0.5, the second 0.2 / 0.25.
  EXPECT_EQ(prices_of({{4, 2}, {4, 1}, {2, 0.2}}, {.reserve = 0.5}),
            (std::vector<double>{2, 0.8, 0.5}));
}

TEST(Price, TakesTheRootOfTheBidsExponent) {
  EXPECT_EQ(prices_of({{4, 16}, {2, 4}}, {.bid_exponent = 2})[0], 2);
  EXPECT_EQ(prices_of({{4, 2}, {1, 1}}, {.bid_exponent = 0.5})[0], 1);
}

TEST(Price, IsTheBidWhereTheAdBehindHasTheSameScore) {
  for (const double score : {5e-324, 1.0, kLargest, kInfinity}) {
    EXPECT_EQ(prices_of({{3, score}, {5, score}}, {})[0], 3) << score;
  }
}

TEST(Price, IsAtLeastTheBidThatEntersTheWindow) {
  EXPECT_EQ(prices_of({{4, 2}, {4, 1}, {2, 0.2}}, {.reserve = 0.5, .cut = 1.5}),
            (std::vector<double>{2, 1.5, 1.5}));
}

TEST(Price, IsTheReserveWhereTheBidDoesNotCount) {
  EXPECT_EQ(prices_of({{4, 2}, {4, 1}}, {.bid_exponent = 0, .reserve = 0.5, .cut = 1}),
            (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(prices_of({{4, 2, true, false}, {4, 1}}, {.reserve = 0.5, .cut = 1}),
            (std::vector<double>{0.5, 1}));
}

TEST(Price, IsPressedByTheNextRankedAdAlone) {
  // The second ad could not be rescored: its score of 100 is the first pass's.
  EXPECT_EQ(prices_of({{4, 2}, {4, 100, false}, {4, 1}}, {.reserve = 0.5}),
            (std::vector<double>{2, 0.5, 0.5}));
}

TEST(Price, IsNeverAboveABidThatIsBelowTheReserve) {
  EXPECT_EQ(prices_of({{0.25, 2}, {0.25, 1, true, false}}, {.reserve = 0.5, .cut = 3}),
            (std::vector<double>{0.25, 0.25}));
}

TEST(Price, IsTheLeastOneWhereScoresSayNothing) {
  for (const auto& [score, behind] : {std::pair{0.0, 0.0},
                                      {1.0, 0.0},
                                      {NAN, 1.0},
                                      {1.0, NAN},
                                      {-1.0, 1.0},
                                      {1.0, -1.0},
                                      {kInfinity, 1.0}}) {
    EXPECT_EQ(prices_of({{4, score}, {4, behind}}, {.reserve = 0.5})[0], 0.5)
        << score << " before " << behind;
  }
}

TEST(Price, IsAFiniteNumberBetweenReserveAndBidWhateverTheInput) {
  const std::vector<double> numbers = {0,   -0.0, 5e-324, 1e-300,   1e-9,      1,  2.5,
                                       1e9, 1e12, 1e300,  kLargest, kInfinity, -1, NAN};
  Random random(3, 1);
  for (int i = 0; i < 200'000; ++i) {
    std::vector<AuctionAd> ads(1 + random.below(4));
    for (AuctionAd& ad : ads) {
      ad = {random.pick(numbers), random.pick(numbers), random.chance(0.8), random.chance(0.8)};
    }
    const PriceRules rules = {random.pick(numbers), random.pick(numbers), random.pick(numbers)};
    const std::vector<double> prices = prices_of(ads, rules);
    for (size_t a = 0; a < ads.size(); ++a) {
      const double bid = ads[a].bid > 0 ? ads[a].bid : 0;
      const double reserve = rules.reserve > 0 ? rules.reserve : 0;
      ASSERT_TRUE(std::isfinite(prices[a])) << prices[a];
      ASSERT_LE(prices[a], bid);
      ASSERT_GE(prices[a], std::min({reserve, bid, kLargest}));
    }
  }
}

// An auction run from the start: ads below the reserve stay out, the first pass takes those with
// the highest bids into the window, and the plugin's order decides.
class Auction {
 public:
  struct Ad {
    double bid, quality;
  };

  explicit Auction(uint64_t seed) {
    Random random(seed, 1);
    const std::vector<double> exponents = {0.25, 0.5, 1, 1.5, 2, 10};
    rules_.bid_exponent = random.pick(exponents);
    rules_.reserve = random.chance(0.5) ? random.uniform() : 0;
    window_ = 1 + random.below(8);
    ads_.resize(1 + random.below(12));
    for (Ad& ad : ads_) {
      // Rounded numbers are often equal.
      const bool rounded = random.chance(0.3);
      ad.bid = rounded ? static_cast<double>(1 + random.below(3)) : 3 * random.uniform();
      ad.quality = rounded ? 0.5 : random.uniform();
      if (random.chance(0.05)) ad.quality = 0;
    }
  }

  size_t size() const { return ads_.size(); }
  const Ad& ad(size_t i) const { return ads_[i]; }
  const PriceRules& rules() const { return rules_; }
  void set_bid(size_t i, double bid) { ads_[i].bid = bid; }

  // The ads in the order in which they are shown.
  std::vector<size_t> shown() const {
    std::vector<size_t> entered = by_bid();
    entered.resize(std::min(entered.size(), window_));
    // Places in the window are those of the catalogue, so that a changed bid changes no tie.
    std::ranges::sort(entered);
    std::vector<double> scores;
    for (const size_t i : entered) scores.push_back(score(i));
    std::vector<uint32_t> order(entered.size());
    order_by_score(scores, order);
    std::vector<size_t> shown;
    for (const uint32_t place : order) shown.push_back(entered[place]);
    return shown;
  }
  std::optional<size_t> place(size_t i) const {
    const std::vector<size_t> all = shown();
    const auto found = std::ranges::find(all, i);
    if (found == all.end()) return std::nullopt;
    return static_cast<size_t>(found - all.begin());
  }

  std::vector<double> prices() const {
    std::vector<AuctionAd> ads;
    for (const size_t i : shown()) ads.push_back({ads_[i].bid, score(i)});
    PriceRules rules = rules_;
    const std::vector<size_t> all = by_bid();
    if (all.size() > window_) rules.cut = ads_[all[window_]].bid;
    return prices_of(ads, rules);
  }

 private:
  double score(size_t i) const {
    return ad_score(ads_[i].bid, ads_[i].quality, 1, {.bid = rules_.bid_exponent});
  }
  std::vector<size_t> by_bid() const {
    std::vector<size_t> all;
    for (size_t i = 0; i < ads_.size(); ++i) {
      if (ads_[i].bid >= rules_.reserve) all.push_back(i);
    }
    std::ranges::stable_sort(all, std::greater(), [&](size_t i) { return ads_[i].bid; });
    return all;
  }

  std::vector<Ad> ads_;
  PriceRules rules_;
  size_t window_ = 0;
};

constexpr uint64_t kAuctions = 3000;
constexpr double kRounding = 1e-9;  // relative; the scores of a re-run are rounded anew
constexpr double kTiny = 1e-12;     // before an ad without quality, each bid above 0 keeps a place

TEST(Prices, AreFromTheReserveToTheBid) {
  for (uint64_t seed = 0; seed < kAuctions; ++seed) {
    const Auction auction(seed);
    const std::vector<size_t> shown = auction.shown();
    const std::vector<double> prices = auction.prices();
    for (size_t place = 0; place < shown.size(); ++place) {
      EXPECT_LE(prices[place], auction.ad(shown[place]).bid) << seed;
      EXPECT_GE(prices[place], auction.rules().reserve) << seed;
    }
  }
}

TEST(Prices, KeepThePlaceAsBids) {
  for (uint64_t seed = 0; seed < kAuctions; ++seed) {
    const Auction auction(seed);
    const std::vector<size_t> shown = auction.shown();
    const std::vector<double> prices = auction.prices();
    for (size_t place = 0; place < shown.size(); ++place) {
      Auction again = auction;
      const double bid = auction.ad(shown[place]).bid;
      again.set_bid(shown[place], std::min(bid, prices[place] * (1 + kRounding) + kTiny));
      EXPECT_EQ(again.place(shown[place]), place) << seed;
    }
  }
}

TEST(Prices, AreNeededAsBids) {
  size_t lower_bids = 0;
  for (uint64_t seed = 0; seed < kAuctions; ++seed) {
    const Auction auction(seed);
    const std::vector<size_t> shown = auction.shown();
    const std::vector<double> prices = auction.prices();
    for (size_t place = 0; place < shown.size(); ++place) {
      if (prices[place] == 0) continue;  // there is no lower bid
      Auction again = auction;
      again.set_bid(shown[place], prices[place] * (1 - kRounding));
      const std::optional<size_t> now = again.place(shown[place]);
      EXPECT_TRUE(!now || *now > place) << seed;
      ++lower_bids;
    }
  }
  EXPECT_GT(lower_bids, kAuctions);
}

TEST(Prices, DoNotDependOnTheAdsOwnBidWhileItsPlaceStays) {
  size_t same_places = 0;
  for (uint64_t seed = 0; seed < kAuctions; ++seed) {
    const Auction auction(seed);
    Random random(seed, 2);
    const std::vector<size_t> shown = auction.shown();
    const std::vector<double> prices = auction.prices();
    for (size_t place = 0; place < shown.size(); ++place) {
      Auction again = auction;
      again.set_bid(shown[place], auction.ad(shown[place]).bid * (0.5 + random.uniform()));
      if (again.shown() != shown) continue;
      EXPECT_NEAR(again.prices()[place], prices[place], prices[place] * kRounding) << seed;
      ++same_places;
    }
  }
  EXPECT_GT(same_places, kAuctions);
}

TEST(Auctions, GiveNoHigherPlaceForALowerBid) {
  for (uint64_t seed = 0; seed < kAuctions; ++seed) {
    const Auction auction(seed);
    Random random(seed, 3);
    for (size_t i = 0; i < auction.size(); ++i) {
      Auction lower = auction;
      lower.set_bid(i, auction.ad(i).bid * random.uniform());
      const std::optional<size_t> before = auction.place(i), after = lower.place(i);
      EXPECT_TRUE(!after || (before && *after >= *before)) << seed;
    }
  }
}

}  // namespace
}  // namespace barker

// The demo marketplace as a world: what merchants sell, what shoppers like, and with which
// probability they click. marketplace.h writes it as files; the simulation drives it through the
// engine.
//
//   P(SF v clicked | shopper u)   = sigma(-1.6 + 2.2 t_u . appeal_v)
//   P(ad clicked | shopper u)     = sigma(-2.6 + 2.2 max(0, max_v t_u . appeal_v))
//
// where t_u is the shopper's taste on the axes of marketplace_words.h, and v runs over the selling
// points that the shopper reads. In the log of the marketplace these are all that stand in the
// title.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/base/result.h"
#include "models/data/events.h"
#include "models/simulate/marketplace.h"
#include "models/simulate/marketplace_words.h"
#include "models/text/keywords.h"

namespace barker {

using Taste = std::array<double, kTasteAxes>;

struct MarketAd {
  std::string id, title, noun, brand;
  size_t category = 0;           // of market_categories()
  std::vector<size_t> points;    // of the category, all true of the product
  std::vector<size_t> in_title;  // those of them that stand in the title
  double bid = 0;
  bool opt_out = false;
};

struct Shopper {
  std::string id;
  Taste taste = {};
  std::vector<std::string> profile = {};
  std::deque<std::string> history = {};      // newest first
  std::deque<std::string> clicked_sfs = {};  // the SFs of the history
};

// t_u . appeal_v.
double liking(const Taste& taste, const MarketPoint& point);
double sf_click_probability(double liking);
// `best` is the liking of the point that is liked best among those read; 0 where none is.
double ad_click_probability(double best);

// What a market consists of on some day.
struct MarketParts {
  std::vector<MarketAd> ads;
  std::vector<Shopper> shoppers;  // without a history
  // Of each category the numbers of the selling points that merchants have, ascending.
  std::vector<std::vector<size_t>> points;
};

// Immutable but for what remember() does to a shopper; any thread.
class Market {
 public:
  explicit Market(const MarketplaceOptions& options);
  explicit Market(MarketParts parts);  // every category has an ad

  const std::vector<MarketAd>& ads() const { return parts_.ads; }
  const std::vector<Shopper>& shoppers() const { return parts_.shoppers; }  // without a history

  // A search as the marketplace's log has it: a random bar of four SFs and five random ads of a
  // random category, with the merchants' titles. `number` tells its time and its name.
  SearchEvent random_search(const Shopper& shopper, uint32_t number, Random& random) const;

  // The keywords of a clicked title.
  std::vector<std::string> keywords_of(const std::string& title) const;
  // Puts what was clicked in front of the shopper's history, which keeps 200 keywords.
  void remember(Shopper& shopper, const SearchEvent& event) const;

 private:
  MarketParts parts_;
  std::vector<std::vector<size_t>> by_category_;  // indexes into parts_.ads
  KeywordSplitter splitter_;
};

// Writes ads as a catalogue. What an ad bids on follows from the seed and its id, so that it stays
// when other ads come and go; it is not what write_marketplace() says of the same ad.
Status write_catalogue(const std::vector<MarketAd>& ads, uint64_t seed, const std::string& path);

}  // namespace barker

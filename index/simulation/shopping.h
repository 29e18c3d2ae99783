// How a shopper of a market searches: the engine answers, the shopper reads the titles of the page,
// clicks on ads and SFs with known probabilities, and has a longer history afterwards. The
// simulation of experiments and the closed loop drive their shoppers by it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "models/base/random.h"
#include "models/simulate/market.h"
#include "models/simulate/reading.h"

namespace barker {

inline constexpr int64_t kFirstDay = 1'790'000'000;  // seconds since 1970: the first simulated day
inline constexpr int64_t kDaySeconds = 24 * 60 * 60;

struct ShoppingOptions {
  ReadingModel reading = {};
  size_t shown = 10;             // ads of a page
  size_t features = 4;           // SFs of a page
  double bar_exploration = 0.1;  // FeatureBarOptions::exploration
  size_t oracle = 2;             // selling points of an ad in what is best for the shopper
};

// What one shopper saw and did, or sums of it. Expectations are sums of probabilities.
struct ShopperTotals {
  double impressions = 0, clicks = 0;
  // Clicks: of the titles as shown, and of the same pages with the merchants' titles and with the
  // selling points that the shopper likes best.
  double expected = 0, expected_none = 0, expected_best = 0;

  ShopperTotals& operator+=(const ShopperTotals& other);
};

// A market as all threads read it. It keeps both references.
class Shop {
 public:
  Shop(const Market& market, const ShoppingOptions& options);

  const Market& market() const { return market_; }
  const ShoppingOptions& options() const { return options_; }
  const MarketAd& ad(const std::string& id) const { return *ads_.at(id); }

 private:
  const Market& market_;
  const ShoppingOptions& options_;
  std::unordered_map<std::string, const MarketAd*> ads_;
};

// Whose titles a shopper reads on the engine's pages.
enum class TitlesRead : uint8_t {
  kServed,
  kBest  // the merchants', with the selling points before them that the shopper likes best
};

struct Visit {
  std::string request;  // unique id of the search
  int64_t time = 0;     // seconds since 1970
};

// One thread's shoppers. Shop and engine must outlive it.
class ShoppingSession {
 public:
  ShoppingSession(const Shop& shop, const Engine& engine, TitlesRead titles = TitlesRead::kServed);

  // Lets the shopper search once; all that is drawn comes from `random`. What is seen and clicked
  // is added to `totals`, and to `log` as lines of the raw log (models/data/RAW_LOG.md) unless it
  // is null. Fails where the engine does.
  Status search(Shopper& shopper, const Visit& visit, Random& random, ShopperTotals& totals,
                std::string* log);

  // The page of the last search, and what was clicked on it.
  const SearchResult& page() const { return page_; }
  const SearchEvent& clicks() const { return clicks_; }

 private:
  void read_ads(const Shopper& shopper, Random& random, ShopperTotals& totals);
  void read_bar(const Shopper& shopper, const MarketCategory& category, Random& random);
  void log_clicks(const Visit& visit, std::string& log) const;
  size_t shown() const { return std::min(shop_.options().shown, page_.ads.size()); }

  const Shop& shop_;
  EngineSession session_;
  const TitlesRead titles_;
  SearchOptions search_;
  Profile profile_;
  SearchResult page_;
  SearchEvent clicks_;
};

// A stream of random numbers for each shopper and day.
Random random_of_shopper(uint64_t seed, uint32_t shopper, uint64_t day);

// What a shopper searched before the first day, `mean` searches on average, which makes the
// history. `tell` gets each search, and may change what was clicked; it may be empty.
void remember_the_past(const Market& market, uint64_t seed, uint32_t number, double mean,
                       Shopper& shopper, const std::function<void(SearchEvent&)>& tell = {});

}  // namespace barker

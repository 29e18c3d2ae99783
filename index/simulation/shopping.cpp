#include "index/simulation/shopping.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "index/engine/raw_impression.h"

namespace barker {
namespace {

constexpr char kMark[] = "<em>";          // the plugin's own, which the options leave as it is
constexpr uint64_t kPast = ~uint64_t{0};  // the "day" of what was before the first one

// What a shopper thinks of the titles of an ad.
class Reader {
 public:
  Reader(const Shop& shop, const Shopper& shopper, const AdShown& shown)
      : reading_(shop.options().reading), ad_(shop.ad(shown.id)) {
    const std::vector<MarketPoint>& points = market_categories()[ad_.category].points;
    for (const size_t p : ad_.points) {
      const double like = liking(shopper.taste, points[p]);
      (std::ranges::count(ad_.in_title, p) > 0 ? in_title_ : others_).push_back(like);
      for (const SellingPointShown& chosen : shown.selling_points) {
        if (chosen.text == points[p].text) shown_.push_back(like);
      }
    }
    is_marked_ = shown.title.find(kMark) != std::string::npos;
  }

  // The plugin may put a selling point that stands in the title before it, too.
  double as_shown() const { return click_probability(reading_, {in_title_, shown_, is_marked_}); }
  double without() const { return click_probability(reading_, {in_title_, {}, false}); }
  double best(size_t count) const {
    std::vector<double> liked = others_;
    std::ranges::sort(liked, std::greater<>());
    liked.resize(std::min(liked.size(), count));
    return click_probability(reading_, {in_title_, liked, true});
  }

 private:
  const ReadingModel& reading_;
  const MarketAd& ad_;
  std::vector<double> in_title_, others_, shown_;
  bool is_marked_ = false;
};

}  // namespace

ShopperTotals& ShopperTotals::operator+=(const ShopperTotals& other) {
  impressions += other.impressions;
  clicks += other.clicks;
  expected += other.expected;
  expected_none += other.expected_none;
  expected_best += other.expected_best;
  return *this;
}

Shop::Shop(const Market& market, const ShoppingOptions& options)
    : market_(market), options_(options) {
  for (const MarketAd& ad : market.ads()) ads_.emplace(ad.id, &ad);
}

ShoppingSession::ShoppingSession(const Shop& shop, const Engine& engine, TitlesRead titles)
    : shop_(shop), session_(engine), titles_(titles) {
  search_.shown = shop.options().shown;
  search_.bar.count = shop.options().features;
  search_.bar.exploration = shop.options().bar_exploration;
}

Status ShoppingSession::search(Shopper& shopper, const Visit& visit, Random& random,
                               ShopperTotals& totals, std::string* log) {
  const MarketCategory& category = random.pick(market_categories());
  const std::string& query = random.pick(category.nouns);
  profile_.user = shopper.id;
  profile_.keywords.assign(shopper.history.begin(), shopper.history.end());
  profile_.groups = {{"profile", shopper.profile},
                     {kClickedSfs, {shopper.clicked_sfs.begin(), shopper.clicked_sfs.end()}}};
  session_.reseed(random.next());
  Result<SearchResult> page = session_.search(query, profile_, search_);
  if (!page.ok()) return page.status();
  page_ = std::move(*page);
  clicks_ = {};
  if (log) {
    RawImpression line = raw_impression_of(page_, profile_, 0, shown());
    line.request = visit.request;
    line.time = visit.time * 1000;
    *log += to_line(line);
  }
  read_ads(shopper, random, totals);
  read_bar(shopper, category, random);
  if (log) log_clicks(visit, *log);
  shop_.market().remember(shopper, clicks_);
  return {};
}

void ShoppingSession::read_ads(const Shopper& shopper, Random& random, ShopperTotals& totals) {
  const ShoppingOptions& o = shop_.options();
  for (size_t i = 0; i < shown(); ++i) {
    const AdShown& ad = page_.ads[i];
    const Reader reader(shop_, shopper, ad);
    const double looks = look_probability(o.reading, i + 1);
    const double best = looks * reader.best(o.oracle);
    const double probability = titles_ == TitlesRead::kBest ? best : looks * reader.as_shown();
    const bool is_clicked = random.chance(probability);
    totals.impressions += 1;
    totals.clicks += is_clicked;
    totals.expected += probability;
    totals.expected_none += looks * reader.without();
    totals.expected_best += best;
    if (is_clicked) clicks_.ads.push_back({ad.id, ad.original_title, {}, true, probability});
  }
}

void ShoppingSession::read_bar(const Shopper& shopper, const MarketCategory& category,
                               Random& random) {
  for (const FeatureShown& shown : page_.features) {
    const auto point = std::ranges::find(category.points, shown.keyword, &MarketPoint::text);
    if (point == category.points.end()) continue;
    const double probability = sf_click_probability(liking(shopper.taste, *point));
    if (random.chance(probability)) clicks_.sfs.push_back({shown.keyword, true, probability});
  }
}

void ShoppingSession::log_clicks(const Visit& visit, std::string& log) const {
  uint32_t count = 0;
  const auto add = [&](RawClick::Kind kind, const std::string& object, size_t position) {
    RawClick click;
    click.event = visit.request + "-" + std::to_string(++count);
    click.time = visit.time * 1000 + count * 1000;
    click.request = visit.request;
    click.kind = kind;
    click.object = object;
    click.position = static_cast<uint32_t>(position);
    log += to_line(click);
  };
  for (const AdImpression& ad : clicks_.ads) {
    add(RawClick::Kind::kAd, ad.id, std::ranges::find(page_.ads, ad.id, &AdShown::id)->rank);
  }
  for (const SfImpression& sf : clicks_.sfs) {
    add(RawClick::Kind::kSf, sf.text,
        std::ranges::find(page_.features, sf.text, &FeatureShown::keyword)->position);
  }
}

Random random_of_shopper(uint64_t seed, uint32_t shopper, uint64_t day) {
  return {mix_bits(seed * kRandomStep + shopper), day};
}

void remember_the_past(const Market& market, uint64_t seed, uint32_t number, double mean,
                       Shopper& shopper, const std::function<void(SearchEvent&)>& tell) {
  Random random = random_of_shopper(seed, number, kPast);
  const uint64_t searches = random.poisson(mean);
  for (uint32_t i = 0; i < searches; ++i) {
    SearchEvent event = market.random_search(shopper, i, random);
    if (tell) tell(event);
    market.remember(shopper, event);
  }
}

}  // namespace barker

#include "models/simulate/market.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "models/base/logistic.h"

namespace barker {
namespace {

// Each part of the marketplace has a random stream of its own; its log has the third one.
enum MarketStream : uint64_t { kAds = 1, kUsers = 2 };

constexpr double kTasteStrength = 2.2;  // logits for each unit of taste times appeal
constexpr double kSfBias = -1.6;
constexpr double kAdBias = -2.6;
constexpr size_t kSfsShown = 4;
constexpr size_t kAdsShown = 5;
constexpr size_t kLongestHistory = 200;  // keywords

// Draws k of 0..n-1 uniformly and without replacement, in random order.
std::vector<size_t> sample(Random& random, size_t n, size_t k) {
  std::vector<size_t> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = i;
  for (size_t i = 0; i < std::min(k, n); ++i) std::swap(all[i], all[i + random.below(n - i)]);
  all.resize(std::min(k, n));
  return all;
}

bool contradict(const MarketCategory& c, const std::string& a, const std::string& b) {
  return std::ranges::any_of(c.contradictions, [&](const auto& pair) {
    return (pair.first == a && pair.second == b) || (pair.first == b && pair.second == a);
  });
}

bool fits(const MarketCategory& c, const std::string& word, const std::vector<std::string>& said) {
  return std::ranges::none_of(said,
                              [&](const std::string& other) { return contradict(c, word, other); });
}

// Draws two details of different dimensions that contradict nothing said, and says them.
std::vector<std::string> draw_details(const MarketCategory& c, Random& random,
                                      std::vector<std::string>& said) {
  std::vector<std::string> details;
  for (const size_t dimension : sample(random, c.details.size(), c.details.size())) {
    const std::string& detail = random.pick(c.details[dimension]);
    if (details.size() == 2 || !fits(c, detail, said)) continue;
    details.push_back(detail);
    said.push_back(detail);
  }
  return details;
}

// Draws up to `count` selling points that contradict nothing said, and says them.
std::vector<size_t> draw_points(const MarketCategory& c, size_t count, Random& random,
                                std::vector<std::string>& said) {
  std::vector<size_t> points;
  for (const size_t p : sample(random, c.points.size(), c.points.size())) {
    if (points.size() == count || !fits(c, c.points[p].text, said)) continue;
    points.push_back(p);
    said.push_back(c.points[p].text);
  }
  return points;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether text that follows other text without a space would continue its number or its unit:
// "350ml" and then "24小时保温".
bool would_run_on(const std::string& before, const std::string& text) {
  return is_digit(text.front()) && static_cast<unsigned char>(before.back()) < 0x80;
}

// Titles as sellers write them. English ones have commas, Chinese ones are one run of claims.
std::string make_title(const MarketCategory& c, const MarketAd& ad,
                       const std::vector<std::string>& details) {
  std::string title = ad.brand + " " + details[0];
  if (c.chinese) {
    for (const size_t p : ad.in_title) {
      const std::string& point = c.points[p].text;
      title += would_run_on(title, point) ? " " + point : point;
    }
    return title + ad.noun + " " + details[1];
  }
  title += " " + ad.noun;
  for (const size_t p : ad.in_title) title += ", " + c.points[p].text;
  return title + ", " + details[1];
}

std::vector<MarketAd> make_ads(const MarketplaceOptions& options) {
  Random random(options.seed, kAds);
  const auto& categories = market_categories();
  std::vector<MarketAd> ads(options.ads);
  for (size_t i = 0; i < ads.size(); ++i) {
    MarketAd& ad = ads[i];
    ad.category = i % categories.size();
    const MarketCategory& c = categories[ad.category];
    ad.id = "ad" + std::to_string(i + 1);
    ad.noun = random.pick(c.nouns);
    ad.brand = random.pick(c.brands);
    std::vector<std::string> said = {ad.noun};
    const std::vector<std::string> details = draw_details(c, random, said);
    ad.points = draw_points(c, 4 + random.below(3), random, said);
    const size_t told = random.below(3);
    ad.in_title.assign(ad.points.begin(), ad.points.begin() + static_cast<ptrdiff_t>(told));
    ad.title = make_title(c, ad, details);
    ad.bid = std::round(100 * c.price * 0.005 * std::exp(0.4 * random.normal())) / 100;
    ad.opt_out = random.chance(0.02);
  }
  return ads;
}

// A few named users with a clear taste come first. The others are drawn.
std::vector<Shopper> make_shoppers(const MarketplaceOptions& options) {
  struct Named {
    const char* id;
    Taste taste;
    const char* age;
    const char* gender;
  };
  static constexpr Named kNamed[] = {
      {"anna", {-.2, 1.4, -.3, .2, .9, -.2}, "25-34", "f"},  // runs and hikes, whatever the weather
      {"ben", {-.4, .3, -.2, .2, -.3, 1.6}, "18-24", "m"},   // technology
      {"chen", {1.6, -.1, -.3, .1, -.1, -.1}, "35-44", "m"},  // bargains
      {"li", {-.1, .2, .3, .8, 1.4, -.4}, "25-34", "f"},      // nature and skin
      {"mia", {-.2, -.4, 1.6, .2, 0, -.3}, "18-24", "f"},     // style
  };
  static const std::vector<std::string> kAges = {"18-24", "25-34", "35-44", "45-54", "55+"};
  Random random(options.seed, kUsers);
  std::vector<Shopper> users;
  for (const Named& named : kNamed) {
    users.push_back({named.id,
                     named.taste,
                     {std::string("gender=") + named.gender, std::string("age=") + named.age}});
  }
  while (users.size() < options.users) {
    Shopper user;
    user.id = "u" + std::to_string(users.size() + 1);
    for (double& t : user.taste) t = 0.75 * random.normal();
    const size_t age = random.below(kAges.size());
    const bool female = random.chance(0.5);
    user.taste[0] += 0.3 * (age == 0);  // the youngest care more for the price
    user.taste[2] += female ? 0.2 : -0.2;
    user.profile = {female ? "gender=f" : "gender=m", "age=" + kAges[age]};
    users.push_back(std::move(user));
  }
  return users;
}

std::vector<std::vector<size_t>> all_points() {
  std::vector<std::vector<size_t>> points;
  for (const MarketCategory& c : market_categories()) {
    std::vector<size_t>& of_category = points.emplace_back(c.points.size());
    std::iota(of_category.begin(), of_category.end(), size_t{0});
  }
  return points;
}

}  // namespace

double liking(const Taste& taste, const MarketPoint& point) {
  double sum = 0;
  for (int axis = 0; axis < kTasteAxes; ++axis) {
    sum += taste[static_cast<size_t>(axis)] * point.appeal[static_cast<size_t>(axis)];
  }
  return sum;
}

double sf_click_probability(double liking) { return sigmoid(kSfBias + kTasteStrength * liking); }
double ad_click_probability(double best) { return sigmoid(kAdBias + kTasteStrength * best); }

Market::Market(const MarketplaceOptions& options)
    : Market(MarketParts{make_ads(options), make_shoppers(options), all_points()}) {}

Market::Market(MarketParts parts)
    : parts_(std::move(parts)), by_category_(market_categories().size()) {
  for (size_t i = 0; i < parts_.ads.size(); ++i) {
    by_category_[parts_.ads[i].category].push_back(i);
  }
  std::vector<std::string> phrases;
  for (const MarketCategory& c : market_categories()) {
    for (const MarketPoint& p : c.points) phrases.push_back(p.text);
  }
  splitter_ = KeywordSplitter(phrases);
}

SearchEvent Market::random_search(const Shopper& user, uint32_t number, Random& random) const {
  const auto& categories = market_categories();
  const size_t category = random.below(categories.size());
  const MarketCategory& c = categories[category];
  SearchEvent event;
  event.time = 1'780'000'000 + int64_t{number} * 60;
  event.user = user.id;
  event.search = "s" + std::to_string(number + 1);
  event.query = random.pick(c.nouns);
  event.category = c.name;
  event.groups = {{"profile", user.profile}};
  const std::vector<size_t>& points = parts_.points[category];
  for (const size_t i : sample(random, points.size(), kSfsShown)) {
    const size_t p = points[i];
    const double probability = sf_click_probability(liking(user.taste, c.points[p]));
    event.sfs.push_back({c.points[p].text, random.chance(probability), probability});
  }
  for (const size_t k : sample(random, by_category_[category].size(), kAdsShown)) {
    const MarketAd& ad = parts_.ads[by_category_[category][k]];
    double best = 0;
    for (const size_t p : ad.in_title) best = std::max(best, liking(user.taste, c.points[p]));
    const double probability = ad_click_probability(best);
    event.ads.push_back({ad.id, ad.title, {}, random.chance(probability), probability});
  }
  return event;
}

std::vector<std::string> Market::keywords_of(const std::string& title) const {
  std::vector<std::string> words;
  for (const Keyword& keyword : splitter_.split(title)) words.push_back(keyword.text);
  return words;
}

void Market::remember(Shopper& shopper, const SearchEvent& event) const {
  for (const SfImpression& sf : event.sfs) {
    if (!sf.clicked) continue;
    shopper.history.push_front(normalize_keyword(sf.text));
    shopper.clicked_sfs.push_front(normalize_keyword(sf.text));
  }
  for (const AdImpression& ad : event.ads) {
    if (!ad.clicked) continue;
    for (std::string& word : keywords_of(ad.title)) shopper.history.push_front(std::move(word));
  }
  while (shopper.history.size() > kLongestHistory) shopper.history.pop_back();
  while (shopper.clicked_sfs.size() > kLongestHistory) shopper.clicked_sfs.pop_back();
}

}  // namespace barker

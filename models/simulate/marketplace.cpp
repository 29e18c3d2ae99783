#include "models/simulate/marketplace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>

#include "models/base/output_file.h"
#include "models/base/random.h"
#include "models/data/events.h"
#include "models/simulate/marketplace_bids.h"
#include "models/simulate/marketplace_words.h"
#include "models/text/keywords.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;
using Taste = std::array<double, kTasteAxes>;

// Each part of the marketplace has a random stream of its own.
enum Stream : uint64_t { kAds = 1, kUsers = 2, kSearches = 3 };

constexpr double kTasteStrength = 2.2;  // alpha: logits for each unit of taste times appeal
constexpr double kSfBias = -1.6;
constexpr double kAdBias = -2.6;
constexpr size_t kSfsShown = 4;
constexpr size_t kAdsShown = 5;
constexpr size_t kRichQueries = 2000;

struct Ad {
  std::string id, title, noun, brand;
  size_t category;
  std::vector<size_t> points;  // of the category, all true of the product
  std::vector<size_t> in_title;
  double bid;
  bool opt_out;
};

struct User {
  std::string id;
  Taste taste;
  std::vector<std::string> profile;
  std::deque<std::string> history;           // newest first
  std::deque<std::string> clicked_sfs = {};  // the SFs of the history
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double liking(const Taste& taste, const MarketPoint& point) {
  double sum = 0;
  for (int axis = 0; axis < kTasteAxes; ++axis) {
    sum += taste[static_cast<size_t>(axis)] * point.appeal[static_cast<size_t>(axis)];
  }
  return sum;
}

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
std::string make_title(const MarketCategory& c, const Ad& ad,
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

std::vector<Ad> make_ads(const MarketplaceOptions& options) {
  Random random(options.seed, kAds);
  const auto& categories = market_categories();
  std::vector<Ad> ads(options.ads);
  for (size_t i = 0; i < ads.size(); ++i) {
    Ad& ad = ads[i];
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
std::vector<User> make_users(const MarketplaceOptions& options) {
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
  std::vector<User> users;
  for (const Named& named : kNamed) {
    users.push_back({named.id,
                     named.taste,
                     {std::string("gender=") + named.gender, std::string("age=") + named.age},
                     {}});
  }
  while (users.size() < options.users) {
    User user;
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

class Market {
 public:
  explicit Market(const MarketplaceOptions& options)
      : options_(options),
        ads_(make_ads(options)),
        users_(make_users(options)),
        by_category_(market_categories().size()),
        bids_(options.seed, options.is_rich) {
    for (size_t i = 0; i < ads_.size(); ++i) by_category_[ads_[i].category].push_back(i);
    std::vector<std::string> phrases;
    for (const MarketCategory& c : market_categories()) {
      for (const MarketPoint& p : c.points) phrases.push_back(p.text);
    }
    splitter_ = KeywordSplitter(phrases);
  }

  void write_catalogue(OutputFile& out) {
    for (const Ad& ad : ads_) {
      const MarketCategory& c = market_categories()[ad.category];
      std::vector<std::string> points;
      for (const size_t p : ad.points) points.push_back(c.points[p].text);
      Json json = {{"id", ad.id}, {"title", ad.title}};
      bids_.add({c, ad.noun, points, ad.bid}, json);
      json["category"] = c.name;
      json["brand"] = ad.brand;
      json["selling_points"] = points;
      if (ad.opt_out) json["opt_out"] = true;
      out.write(json.dump() + "\n");
    }
  }

  void write_events(OutputFile& out) {
    Random random(options_.seed, kSearches);
    std::string line;
    for (uint32_t i = 0; i < options_.searches; ++i) {
      // The named users search often, so that the log says much about them.
      User& user = users_[random.chance(0.02) ? random.below(5) : random.below(users_.size())];
      const SearchEvent event = make_search(user, i, random);
      line.clear();
      append_event(event, line);
      out.write(line);
      remember(user, event);
    }
  }

  void write_users(OutputFile& out) const {
    for (const User& user : users_) {
      const Json json = {
          {"user", user.id},
          {"keywords", user.history},
          {"groups", {{"profile", user.profile}, {kSfHistoryGroup, user.clicked_sfs}}}};
      out.write(json.dump() + "\n");
    }
  }

  // After the catalogue, whose rich terms some of the queries are.
  void write_queries(OutputFile& out) {
    for (const MarketCategory& c : market_categories()) {
      for (const std::string& noun : c.nouns) out.write(noun + "\n");
    }
    for (const std::string& query : bids_.rich_queries(kRichQueries)) out.write(query + "\n");
  }

 private:
  SearchEvent make_search(const User& user, uint32_t number, Random& random) {
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
    for (const size_t p : sample(random, c.points.size(), kSfsShown)) {
      const double probability =
          sigmoid(kSfBias + kTasteStrength * liking(user.taste, c.points[p]));
      event.sfs.push_back({c.points[p].text, random.chance(probability), probability});
    }
    for (const size_t k : sample(random, by_category_[category].size(), kAdsShown)) {
      const Ad& ad = ads_[by_category_[category][k]];
      double best = 0;
      for (const size_t p : ad.in_title) best = std::max(best, liking(user.taste, c.points[p]));
      const double probability = sigmoid(kAdBias + kTasteStrength * best);
      event.ads.push_back({ad.id, ad.title, {}, random.chance(probability), probability});
    }
    return event;
  }

  void remember(User& user, const SearchEvent& event) const {
    for (const SfImpression& sf : event.sfs) {
      if (!sf.clicked) continue;
      user.history.push_front(normalize_keyword(sf.text));
      user.clicked_sfs.push_front(normalize_keyword(sf.text));
    }
    for (const AdImpression& ad : event.ads) {
      if (!ad.clicked) continue;
      for (const Keyword& keyword : splitter_.split(ad.title))
        user.history.push_front(keyword.text);
    }
    while (user.history.size() > 200) user.history.pop_back();
    while (user.clicked_sfs.size() > 200) user.clicked_sfs.pop_back();
  }

  const MarketplaceOptions& options_;
  std::vector<Ad> ads_;
  std::vector<User> users_;
  std::vector<std::vector<size_t>> by_category_;
  KeywordSplitter splitter_;
  MarketBids bids_;
};

}  // namespace

Status write_marketplace(const MarketplaceOptions& options, const std::string& directory) {
  if (options.users < 5 || options.ads < market_categories().size()) {
    return invalid_argument("marketplace: expected at least 5 users and " +
                            std::to_string(market_categories().size()) + " ads, found " +
                            std::to_string(options.users) + " and " + std::to_string(options.ads));
  }
  Market market(options);
  const auto write = [&](const char* name, auto body) {
    OutputFile out = OutputFile::in(directory, name);
    body(out);
    return out.close();
  };
  if (Status s = write("catalogue.jsonl", [&](OutputFile& o) { market.write_catalogue(o); });
      !s.ok())
    return s;
  if (Status s = write("events.jsonl", [&](OutputFile& o) { market.write_events(o); }); !s.ok())
    return s;
  if (Status s = write("users.jsonl", [&](OutputFile& o) { market.write_users(o); }); !s.ok())
    return s;
  return write("queries.txt", [&](OutputFile& o) { market.write_queries(o); });
}

}  // namespace barker

// What happens in the world: users, their searches, what is shown and clicked, and the log of it.
#include "models/base/logistic.h"
#include "models/simulate/click_world.h"
#include "models/simulate/click_world_parts.h"

namespace barker {

WorldUser ClickWorld::make_user(uint32_t number, Random& random) const {
  const uint32_t d = o_.axes;
  WorldUser user;
  user.number = number;
  user.base.assign(d, 0);
  for (size_t g = 0; g < kDemographics.size(); ++g) {
    const auto level = static_cast<uint32_t>(random.below(kDemographics[g]));
    user.demographics.push_back(level);
    for (uint32_t a = 0; a < d; ++a) {
      user.base[a] += demographic_[g][level * d + a] / std::sqrt(5.0) / base_deviation_;
    }
  }
  for (uint32_t a = 0; a < d; ++a) {
    user.taste.push_back(std::sqrt(o_.demographic_share) * user.base[a] +
                         std::sqrt(1 - o_.demographic_share) * random.normal());
  }
  std::vector<uint32_t> all(kTags);
  std::iota(all.begin(), all.end(), 0u);
  user.tags = gumbel_top(random, all, kTagsOfUser, [&](uint32_t tag) {
    return dot(user.taste, {tag_.data() + size_t{tag} * d, d}) / std::sqrt(d);
  });
  return user;
}

std::vector<WorldSearch> ClickWorld::make_searches(const WorldUser& user, Random& random) const {
  Lottery categories;  // Dirichlet(0.3) as normalised gammas
  for (uint32_t c = 0; c < o_.categories; ++c) {
    categories.members.push_back(c);
    categories.cumulative.push_back(random.gamma(0.3) +
                                    (c == 0 ? 1e-300 : categories.cumulative.back()));
  }
  const double sigma = o_.activity_sigma;
  const double expected = o_.searches * std::exp(sigma * random.normal() - sigma * sigma / 2);
  const uint64_t count = std::max<uint64_t>(1, random.poisson(expected));
  const double bar = random.gamma(o_.bar_shape) / o_.bar_shape * o_.bar_share;
  std::vector<double> times;
  for (uint64_t i = 0; i < count; ++i) times.push_back(random.uniform());
  std::sort(times.begin(), times.end());

  std::vector<WorldSearch> searches;
  for (const double time : times) {
    WorldSearch search;
    search.time = time;
    search.category = categories.draw(random.uniform());
    search.query = query_lottery_[search.category].draw(random.uniform());
    search.season = static_cast<uint32_t>(random.below(kContext[2]));
    const Query& query = queries_[search.query];
    const uint32_t levels[] = {query.price, query.cluster, search.season};
    for (uint32_t a = 0; a < o_.axes; ++a) {
      double context = 0;
      for (size_t g = 0; g < kContext.size(); ++g) {
        context += context_[g][levels[g] * o_.axes + a] / std::sqrt(3.0);
      }
      const double attributes = query.attributes.empty() ? 0 : query.attributes[a];
      search.intent.push_back(std::sqrt(1 - o_.context_share) * attributes +
                              std::sqrt(o_.context_share) * context);
    }
    show_ads(user, random, search);
    if (random.chance(std::min(bar, 1.0))) show_bar(user, random, search);
    searches.push_back(std::move(search));
  }
  return searches;
}

// The bar shows SFs that fit the query and are popular. What the user likes plays no part.
void ClickWorld::show_bar(const WorldUser& user, Random& random, WorldSearch& search) const {
  search.sfs =
      gumbel_top(random, category_features_[search.category], o_.sfs_per_bar, [&](uint32_t w) {
        return std::log(exposure_[w]) + dot(search.intent, meaning(w)) - (w < generic_ ? 1 : 0);
      });
  for (size_t place = 0; place < search.sfs.size(); ++place) {
    const double p = look_probability(place) *
                     sigmoid(o_.main_bias + utility(user.taste, search, search.sfs[place]));
    search.sf_truth.push_back(p);
    search.sf_clicked.push_back(random.chance(p));
  }
}

void ClickWorld::show_ads(const WorldUser& user, Random& random, WorldSearch& search) const {
  for (uint32_t i = 0; i < o_.ads_per_search; ++i) {
    const uint32_t item = item_lottery_[search.category].draw(random.uniform());
    const double p =
        sigmoid(o_.aux_bias + o_.lambda * title_utility(user.taste, search, item) + quality_[item]);
    search.ads.push_back(item);
    search.ad_truth.push_back(p);
    search.ad_clicked.push_back(random.chance(p));
  }
}

double ClickWorld::utility(std::span<const double> taste, const WorldSearch& search,
                           uint32_t word) const {
  const double* m = modulation_.data() + size_t{search.category} * o_.axes;
  double personal = 0, intended = 0;
  for (uint32_t a = 0; a < o_.axes; ++a) {
    const double g = meaning(word)[a];
    personal += taste[a] * m[a] * g;
    intended += search.intent[a] * g;
  }
  return o_.alpha * personal + o_.beta * intended + o_.gamma * appeal_[word];
}

void ClickWorld::utility_slope(const WorldSearch& search, uint32_t word,
                               std::span<double> slope) const {
  for (uint32_t a = 0; a < o_.axes; ++a) {
    slope[a] = o_.alpha * modulation_[size_t{search.category} * o_.axes + a] * meaning(word)[a];
  }
}

double ClickWorld::title_utility(std::span<const double> taste, const WorldSearch& search,
                                 uint32_t item, std::span<double> slope) const {
  std::array<double, 16> s{}, weight{};
  const std::vector<uint32_t>& words = titles_[item];
  double largest = -INFINITY, total = 0, mean = 0;
  for (size_t j = 0; j < words.size(); ++j) {
    s[j] = utility(taste, search, words[j]);
    largest = std::max(largest, s[j]);
  }
  for (size_t j = 0; j < words.size(); ++j) {
    weight[j] = std::exp((s[j] - largest) / o_.tau);
    total += weight[j];
  }
  for (size_t j = 0; j < words.size(); ++j) mean += weight[j] / total * s[j];
  if (!slope.empty()) {
    // dU/ds_j = a_j (1 + (s_j - U) / tau), a the softmax.
    std::array<double, 64> word_slope{};
    std::fill(slope.begin(), slope.end(), 0.0);
    for (size_t j = 0; j < words.size(); ++j) {
      utility_slope(search, words[j], std::span(word_slope).first(o_.axes));
      for (uint32_t a = 0; a < o_.axes; ++a) {
        slope[a] += weight[j] / total * (1 + (s[j] - mean) / o_.tau) * word_slope[a];
      }
    }
  }
  return mean;
}

Status ClickWorld::for_each_user(
    const std::function<Status(const WorldUser&, const std::vector<WorldSearch>&)>& visit) const {
  if (!status_.ok()) return status_;
  for (uint32_t u = 0; u < o_.users; ++u) {
    Random random(o_.seed, kFirstUserStream + u);
    const WorldUser user = make_user(u, random);
    if (Status s = visit(user, make_searches(user, random)); !s.ok()) return s;
  }
  return {};
}

std::string ClickWorld::word(uint32_t w) const {
  return w < o_.feature_words ? "f" + std::to_string(w)
                              : "t" + std::to_string(w - o_.feature_words);
}

SearchEvent ClickWorld::event_of(const WorldUser& user, const WorldSearch& search,
                                 size_t number) const {
  const Query& query = queries_[search.query];
  const auto joined = [&](std::span<const uint32_t> words) {
    std::string text;
    for (const uint32_t w : words) text += (text.empty() ? "" : " ") + word(w);
    return text;
  };
  SearchEvent event;
  event.user = "u" + std::to_string(user.number);
  event.search = event.user + "-" + std::to_string(number);
  event.query = joined(query.words);
  event.category = "c" + std::to_string(search.category);
  FeatureGroup profile{"profile", {}};
  for (size_t g = 0; g < kDemographics.size(); ++g) {
    profile.tokens.push_back(std::string(kDemographicNames[g]) + "=" +
                             std::to_string(user.demographics[g]));
  }
  FeatureGroup tags{"tags", {}};
  for (const uint32_t tag : user.tags) tags.tokens.push_back(std::to_string(tag));
  event.groups = {
      std::move(profile),
      std::move(tags),
      {"qside",
       {"cat=" + std::to_string(search.category), "price=" + std::to_string(query.price),
        "cluster=" + std::to_string(query.cluster), "season=" + std::to_string(search.season)}}};
  for (size_t i = 0; i < search.sfs.size(); ++i) {
    event.sfs.push_back({word(search.sfs[i]), search.sf_clicked[i] != 0, search.sf_truth[i]});
  }
  for (size_t i = 0; i < search.ads.size(); ++i) {
    event.ads.push_back({"a" + std::to_string(search.ads[i]),
                         joined(titles_[search.ads[i]]),
                         {},
                         search.ad_clicked[i] != 0,
                         search.ad_truth[i]});
  }
  return event;
}

Status ClickWorld::generate(const std::function<Status(const SearchEvent&)>& sink) const {
  constexpr int64_t kBegin = 1'700'000'000;
  constexpr double kPeriod = 100 * 86400;  // seconds
  return for_each_user([&](const WorldUser& user, const std::vector<WorldSearch>& searches) {
    int64_t last = 0;
    for (size_t i = 0; i < searches.size(); ++i) {
      SearchEvent event = event_of(user, searches[i], i);
      // Strictly ascending, so that a search sees every click before it.
      event.time = last =
          std::max(last + 1, kBegin + static_cast<int64_t>(searches[i].time * kPeriod));
      if (Status s = sink(event); !s.ok()) return s;
    }
    return Status();
  });
}

}  // namespace barker

// Making the world: keywords and their meanings, tastes, queries, items.
#include "models/simulate/click_world.h"

#include "models/simulate/click_world_parts.h"

namespace barker {
namespace {

constexpr uint32_t kNouns = 12;  // product nouns of each category

std::vector<double> normals(Random& random, size_t count, double deviation = 1) {
  std::vector<double> out(count);
  for (double& x : out) x = deviation * random.normal();
  return out;
}

// Weights 1 / rank^exponent in a random order.
std::vector<double> zipf_weights(Random& random, size_t count, double exponent) {
  std::vector<double> weights(count);
  for (size_t i = 0; i < count; ++i) {
    weights[i] = std::pow(static_cast<double>(i + 1), -exponent);
    std::swap(weights[i], weights[random.below(i + 1)]);
  }
  return weights;
}

}  // namespace

Status check_click_world(const ClickWorldOptions& o) {
  if (o.users < 1 || o.categories < 1 || o.feature_words < 10 || o.axes < 1 || o.axes > 64) {
    return invalid_argument(
        "click world: expected at least 1 user, 1 category and 10 feature words, and 1 to 64 axes");
  }
  const std::pair<const char*, uint32_t> counts[] = {
      {"title words", o.title_words}, {"queries", o.queries}, {"items", o.items}};
  for (const auto& [what, count] : counts) {
    if (count >= o.categories) continue;
    return invalid_argument("click world: expected at least one of the " + std::string(what) +
                            " for each of " + std::to_string(o.categories) + " categories, found " +
                            std::to_string(count));
  }
  return {};
}

ClickWorld::ClickWorld(const ClickWorldOptions& options)
    : o_(options), status_(check_click_world(options)) {
  if (!status_.ok()) return;
  make_keywords();
  make_tastes();
  make_queries();
  make_items();
}

void ClickWorld::make_keywords() {
  Random random(o_.seed, kKeywordStream);
  const uint32_t words = o_.feature_words + o_.title_words;
  generic_ = o_.feature_words / 10;
  meaning_ = normals(random, size_t{words} * o_.axes, 1 / std::sqrt(o_.axes));
  appeal_ = normals(random, words);
  exposure_ = zipf_weights(random, words, o_.zipf);
  category_features_.resize(o_.categories);
  category_nouns_.resize(o_.categories);
  category_fillers_.resize(o_.categories);
  const auto scale = [&](uint32_t word, double by) {
    for (uint32_t d = 0; d < o_.axes; ++d) meaning_[size_t{word} * o_.axes + d] *= by;
    if (by == 0) appeal_[word] = 0;
  };
  for (uint32_t f = generic_; f < o_.feature_words; ++f) {
    category_features_[f % o_.categories].push_back(f);
  }
  for (uint32_t i = 0; i < o_.title_words; ++i) {
    const uint32_t word = o_.feature_words + i, category = i % o_.categories;
    // Two words of five describe the product mildly. The others, and all product nouns, say nothing
    // about it.
    const bool descriptive = random.chance(0.4), noun = i / o_.categories < kNouns;
    scale(word, descriptive && !noun ? 0.5 : 0);
    (noun ? category_nouns_ : category_fillers_)[category].push_back(word);
  }
  for (auto& features : category_features_) {
    for (uint32_t f = 0; f < generic_; ++f) features.push_back(f);
  }
}

void ClickWorld::make_tastes() {
  Random random(o_.seed, kTasteStream);
  const uint32_t d = o_.axes;
  modulation_ = normals(random, size_t{o_.categories} * d, 0.6);
  for (uint32_t c = 0; c < o_.categories; ++c) {  // mean square 1
    double square = 0;
    for (uint32_t a = 0; a < d; ++a) {
      double& m = modulation_[c * d + a];
      m = std::exp(m);
      square += m * m / d;
    }
    for (uint32_t a = 0; a < d; ++a) modulation_[c * d + a] /= std::sqrt(square);
  }
  for (const uint32_t levels : kDemographics) demographic_.push_back(normals(random, levels * d));
  tag_ = normals(random, size_t{kTags} * d);
  for (const uint32_t levels : kContext) context_.push_back(normals(random, levels * d));
  // The exact standard deviation of the entries of base_u, over all combinations of levels.
  double mean = 0, square = 0;
  for (uint32_t a = 0; a < d; ++a) {
    double axis_mean = 0, axis_variance = 0;
    for (size_t g = 0; g < kDemographics.size(); ++g) {
      double sum = 0, squares = 0;
      for (uint32_t level = 0; level < kDemographics[g]; ++level) {
        const double v = demographic_[g][level * d + a];
        sum += v / kDemographics[g];
        squares += v * v / kDemographics[g];
      }
      axis_mean += sum / std::sqrt(5.0);
      axis_variance += (squares - sum * sum) / 5;
    }
    mean += axis_mean / d;
    square += (axis_variance + axis_mean * axis_mean) / d;
  }
  base_deviation_ = std::sqrt(std::max(square - mean * mean, 1e-12));
}

uint32_t ClickWorld::Lottery::draw(double uniform) const {
  const auto at =
      std::upper_bound(cumulative.begin(), cumulative.end(), uniform * cumulative.back());
  return members[std::min(static_cast<size_t>(at - cumulative.begin()), members.size() - 1)];
}

void ClickWorld::make_queries() {
  Random random(o_.seed, kQueryStream);
  const std::vector<double> popularity = zipf_weights(random, o_.queries, 0.7);
  query_lottery_.resize(o_.categories);
  for (uint32_t q = 0; q < o_.queries; ++q) {
    Query query;
    query.category = q % o_.categories;
    query.price = static_cast<uint32_t>(random.below(kContext[0]));
    query.cluster = static_cast<uint32_t>(random.below(kContext[1]));
    query.words.push_back(random.pick(category_nouns_[query.category]));
    std::vector<uint32_t> own(category_features_[query.category].begin(),
                              category_features_[query.category].end() - generic_);
    const auto attributes = gumbel_top(random, own, random.below(3),
                                       [&](uint32_t w) { return std::log(exposure_[w]); });
    if (!attributes.empty()) query.attributes.assign(o_.axes, 0);
    for (const uint32_t w : attributes) {
      query.words.push_back(w);
      for (uint32_t a = 0; a < o_.axes; ++a) {
        query.attributes[a] += meaning(w)[a] * std::sqrt(static_cast<double>(o_.axes)) /
                               std::sqrt(static_cast<double>(attributes.size()));
      }
    }
    Lottery& lottery = query_lottery_[query.category];
    lottery.members.push_back(q);
    lottery.cumulative.push_back(popularity[q] +
                                 (lottery.cumulative.empty() ? 0 : lottery.cumulative.back()));
    queries_.push_back(std::move(query));
  }
}

void ClickWorld::make_items() {
  Random random(o_.seed, kItemStream);
  constexpr size_t kFeatureWords = 4, kFillers = 4;
  const std::vector<double> popularity = zipf_weights(random, o_.items, 0.6);
  item_lottery_.resize(o_.categories);
  for (uint32_t i = 0; i < o_.items; ++i) {
    const uint32_t category = i % o_.categories;
    const std::vector<double> style = normals(random, o_.axes);
    const auto fits = [&](uint32_t w) {
      return o_.coherence * dot(style, meaning(w)) + 0.5 * std::log(exposure_[w]) -
             (w < generic_ ? 1 : 0);
    };
    std::vector<uint32_t> title = {random.pick(category_nouns_[category])};
    for (const uint32_t w : gumbel_top(random, category_features_[category], kFeatureWords, fits)) {
      title.push_back(w);
    }
    for (const uint32_t w : gumbel_top(random, category_fillers_[category], kFillers, fits)) {
      title.push_back(w);
    }
    titles_.push_back(std::move(title));
    quality_.push_back(o_.quality_sigma * random.normal());
    Lottery& lottery = item_lottery_[category];
    lottery.members.push_back(i);
    lottery.cumulative.push_back(popularity[i] +
                                 (lottery.cumulative.empty() ? 0 : lottery.cumulative.back()));
  }
}

}  // namespace barker

#include "index/engine/feature_bar.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

// Keywords of one page that are compared. The plugin takes no more at once.
constexpr size_t kMostCollected = BARKER_MAX_AD_SELLING_POINTS;

}  // namespace

FeatureBar::FeatureBar(const barker_api& api, barker_plugin* plugin, bool has_rules)
    : plugin_(plugin),
      has_rules_(has_rules),
      prepared_(find_extension<barker_prepared>(api, BARKER_EXT_PREPARED)) {}

void FeatureBar::start() {
  features_.clear();
  uses_.clear();
}

void FeatureBar::add(std::string_view keyword, Fingerprint fingerprint, uint32_t ad,
                     std::string_view category) {
  const auto known = std::ranges::find(features_, fingerprint, &Feature::fingerprint);
  const auto at = static_cast<uint32_t>(known - features_.begin());
  if (known == features_.end()) {
    if (features_.size() == kMostCollected) return;
    features_.push_back({keyword, fingerprint, ad, 1, NAN});
  } else if (known->last_ad != ad) {
    known->last_ad = ad;
    ++known->ads;
  } else {
    return;
  }
  if (has_rules_) uses_.push_back({at, category});
}

Status FeatureBar::ask_plugin(const barker_request& context) {
  if (prepared_ && (prepared_->attraction || prepared_->forbidden)) {
    barker_request request = context;
    request.ads = nullptr;
    request.ad_count = 0;
    char error[BARKER_ERROR_SIZE] = "";
    barker_prepared_query* query = nullptr;
    const int32_t code = prepared_->begin(plugin_, &request, &query, error);
    if (code != BARKER_OK) return plugin_error(code, error);
    Status status = forbid(query);
    if (status.ok()) status = score(query);
    prepared_->end(query);
    if (!status.ok()) return status;
  }
  if (has_rules_ && (!prepared_ || !prepared_->forbidden)) {
    std::erase_if(features_, [](const Feature& f) { return std::isnan(f.attraction); });
  }
  return {};
}

// Ads for whose category the rules forbid a keyword do not count for it.
Status FeatureBar::forbid(barker_prepared_query* query) {
  if (!prepared_->forbidden) return {};
  for (size_t begin = 0; begin < uses_.size(); begin += kMostCollected) {
    const auto some =
        std::span(uses_).subspan(begin, std::min(kMostCollected, uses_.size() - begin));
    std::vector<barker_string> keywords, categories;
    for (const Use& use : some) {
      keywords.push_back(as_string(features_[use.feature].keyword));
      categories.push_back(as_string(use.category));
    }
    std::vector<uint8_t> verdicts(some.size());
    char error[BARKER_ERROR_SIZE] = "";
    const int32_t code = prepared_->forbidden(query, keywords.data(), categories.data(),
                                              some.size(), verdicts.data(), error);
    if (code != BARKER_OK) return plugin_error(code, error);
    for (size_t i = 0; i < some.size(); ++i) features_[some[i].feature].ads -= verdicts[i];
  }
  std::erase_if(features_, [](const Feature& f) { return f.ads == 0; });
  return {};
}

Status FeatureBar::score(barker_prepared_query* query) {
  if (!prepared_->attraction) return {};
  std::vector<barker_string> keywords;
  for (const Feature& feature : features_) keywords.push_back(as_string(feature.keyword));
  std::vector<double> scores(keywords.size());
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code =
      prepared_->attraction(query, keywords.data(), keywords.size(), scores.data(), error);
  if (code != BARKER_OK) return plugin_error(code, error);
  for (size_t i = 0; i < scores.size(); ++i) features_[i].attraction = scores[i];
  return {};
}

Status FeatureBar::choose(const barker_request& context, const FeatureBarOptions& options,
                          Random& random, std::vector<FeatureShown>& shown) {
  shown.clear();
  if (options.count == 0 || features_.empty()) return {};
  if (Status s = ask_plugin(context); !s.ok()) return s;
  // What the model does not know comes after what it knows.
  std::ranges::stable_sort(features_, [](const Feature& a, const Feature& b) {
    const bool a_is_known = !std::isnan(a.attraction), b_is_known = !std::isnan(b.attraction);
    if (a_is_known != b_is_known) return a_is_known;
    if (a_is_known && a.attraction != b.attraction) return a.attraction > b.attraction;
    return a.ads > b.ads;
  });
  while (shown.size() < options.count && !features_.empty()) {
    const auto left = static_cast<double>(features_.size());
    const bool explores = random.uniform() < options.exploration;
    const size_t pick = explores ? random.below(features_.size()) : 0;
    const Feature feature = features_[pick];
    const double at_random = options.exploration / left;
    shown.push_back({.keyword = std::string(feature.keyword),
                     .attraction = feature.attraction,
                     .propensity = pick == 0 ? 1 - options.exploration + at_random : at_random,
                     .position = 0,
                     .ads = feature.ads});
    features_.erase(features_.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  if (options.order == FeatureOrder::kShuffled) {
    for (size_t i = shown.size(); i > 1; --i) std::swap(shown[i - 1], shown[random.below(i)]);
  }
  for (size_t i = 0; i < shown.size(); ++i) shown[i].position = i + 1;
  return {};
}

}  // namespace barker

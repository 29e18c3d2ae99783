#include "models/evaluate/search_bags.h"

#include <algorithm>

#include "models/text/fingerprint.h"
#include "models/weights/groups.h"

namespace barker {

SearchBags::SearchBags(const WeightFile& file, const Network& network, const Dataset& data)
    : file_(file), network_(network), data_(data) {
  const Vocabulary& vocabulary = file.vocabulary();
  for (uint32_t k = 0; k < data.keywords(); ++k) {
    keyword_row_.push_back(vocabulary.find(fingerprint(data.keyword(k))));
  }
  for (uint32_t f = 0; f < data.features(); ++f) {
    feature_row_.push_back(vocabulary.find(fingerprint(data.feature(f))));
  }
  for (const NetworkGroup& group : network.groups) {
    const auto at = std::find(data.groups().begin(), data.groups().end(), group.name);
    dataset_group_.push_back(static_cast<size_t>(at - data.groups().begin()));
  }
  rows_.resize(network.groups.size());
  weights_.resize(network.groups.size());
  bags_.resize(network.groups.size());
}

std::span<const Bag> SearchBags::fill(const SearchView& search) {
  for (size_t g = 0; g < network_.groups.size(); ++g) {
    const NetworkGroup& group = network_.groups[g];
    rows_[g].clear();
    weights_[g].clear();
    switch (group_source(group.name)) {
      case GroupSource::kHistory:
        add_history(group, search.history, g);
        break;
      case GroupSource::kSfHistory:
        add_history(group, search.sf_history, g);
        break;
      case GroupSource::kQuery:
        add_keywords(search.query, g);
        break;
      case GroupSource::kUserId:
        add_user(group, data_.user(search.user), g);
        break;
      case GroupSource::kFeatures:
        if (dataset_group_[g] < data_.groups().size()) {
          add_features(data_.group(search.index, dataset_group_[g]), g);
        }
        break;
    }
    bags_[g] = {rows_[g].data(), weights_[g].empty() ? nullptr : weights_[g].data(),
                rows_[g].size()};
  }
  return bags_;
}

void SearchBags::add_keywords(std::span<const uint32_t> keywords, size_t g) {
  for (const uint32_t keyword : keywords) {
    const uint32_t row = row_of(keyword);
    if (row != kUnknownKeyword) rows_[g].push_back(row);
  }
}

void SearchBags::add_history(const NetworkGroup& group, std::span<const uint32_t> history,
                             size_t g) {
  const size_t newest = group.max_tokens ? group.max_tokens : history.size();
  add_keywords(history.last(std::min(newest, history.size())), g);
  // Match inputs look at the order, which is the newest first where requests are served. Other
  // networks keep the log's order, and with it the last bits of their means.
  if (is_bound(network_.match_inputs)) std::ranges::reverse(rows_[g]);
}

void SearchBags::add_user(const NetworkGroup& group, std::string_view user, size_t g) {
  const Fingerprint f = user_id_fingerprint(user);
  const uint32_t row = group.hash_buckets > 0
                           ? group.first_bucket_row + bucket_of(f, group.hash_buckets)
                           : file_.vocabulary().find(f);
  if (row < network_.rows) rows_[g].push_back(row);
}

void SearchBags::add_features(const FeatureBag& bag, size_t g) {
  for (size_t i = 0; i < bag.features.size(); ++i) {
    const uint32_t row = feature_row_[bag.features[i]];
    if (row >= network_.rows) continue;
    rows_[g].push_back(row);
    weights_[g].push_back(bag.weights[i]);
  }
}

}  // namespace barker

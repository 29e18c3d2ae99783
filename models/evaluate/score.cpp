#include "models/evaluate/score.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/text/fingerprint.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

// Fills the bags of a search as the plugin fills them from a request.
class BagFiller {
 public:
  BagFiller(const WeightFile& file, const Network& network, const Dataset& data)
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

  // The row of a keyword; kUnknownKeyword if the model has none, or if the row is not a keyword's.
  uint32_t row_of(uint32_t keyword) const {
    const uint32_t row = keyword == kUnknownKeyword ? kUnknownKeyword : keyword_row_[keyword];
    return row < network_.keyword_rows ? row : kUnknownKeyword;
  }

  std::span<const Bag> fill(const SearchView& search) {
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

 private:
  void add_keywords(std::span<const uint32_t> keywords, size_t g) {
    for (const uint32_t keyword : keywords) {
      const uint32_t row = row_of(keyword);
      if (row != kUnknownKeyword) rows_[g].push_back(row);
    }
  }

  void add_history(const NetworkGroup& group, std::span<const uint32_t> history, size_t g) {
    const size_t newest = group.max_tokens ? group.max_tokens : history.size();
    add_keywords(history.last(std::min(newest, history.size())), g);
  }

  void add_user(const NetworkGroup& group, std::string_view user, size_t g) {
    const Fingerprint f = user_id_fingerprint(user);
    const uint32_t row = group.hash_buckets > 0
                             ? group.first_bucket_row + bucket_of(f, group.hash_buckets)
                             : file_.vocabulary().find(f);
    if (row < network_.rows) rows_[g].push_back(row);
  }

  void add_features(const FeatureBag& bag, size_t g) {
    for (size_t i = 0; i < bag.features.size(); ++i) {
      const uint32_t row = feature_row_[bag.features[i]];
      if (row >= network_.rows) continue;
      rows_[g].push_back(row);
      weights_[g].push_back(bag.weights[i]);
    }
  }

  const WeightFile& file_;
  const Network& network_;
  const Dataset& data_;
  std::vector<uint32_t> keyword_row_, feature_row_;
  std::vector<size_t> dataset_group_;
  std::vector<std::vector<uint32_t>> rows_;
  std::vector<std::vector<float>> weights_;
  std::vector<Bag> bags_;
};

// Scores one search after the other and appends the logits of its instances.
class SearchScorer {
 public:
  SearchScorer(const WeightFile& file, const PackedNetwork& packed, const Dataset& data,
               Exactness exactness)
      : data_(data), exactness_(exactness), filler_(file, packed.network(), data) {
    forward_.bind(packed);
  }

  void score_sfs(const SearchView& search, std::vector<float>& out) {
    forward_.set_context(filler_.fill(search));
    rows_.clear();
    for (const uint32_t keyword : search.sfs) {
      const uint32_t row = filler_.row_of(keyword);
      if (row != kUnknownKeyword) rows_.push_back(row);
    }
    logits_.resize(rows_.size());
    forward_.score_targets(rows_, logits_.data(), exactness_);
    size_t next = 0;
    for (const uint32_t keyword : search.sfs) {
      out.push_back(filler_.row_of(keyword) == kUnknownKeyword ? NAN : logits_[next++]);
    }
  }

  void score_ads(const SearchView& search, std::vector<float>& out) {
    forward_.set_context(filler_.fill(search));
    title_rows_.resize(std::max(title_rows_.size(), search.ads.size()));
    titles_.clear();
    for (size_t a = 0; a < search.ads.size(); ++a) {
      title_rows_[a].clear();
      for (const uint32_t keyword : data_.title(search.ads[a])) {
        const uint32_t row = filler_.row_of(keyword);
        if (row != kUnknownKeyword) title_rows_[a].push_back(row);
      }
      titles_.push_back({title_rows_[a].data(), nullptr, title_rows_[a].size()});
    }
    logits_.resize(titles_.size());
    forward_.score_titles(titles_, logits_.data(), nullptr, exactness_);
    out.insert(out.end(), logits_.begin(), logits_.end());
  }

  // Whether all logits of the last search are finite.
  bool finite() const {
    return std::all_of(logits_.begin(), logits_.end(), [](float l) { return std::isfinite(l); });
  }

 private:
  const Dataset& data_;
  const Exactness exactness_;
  BagFiller filler_;
  Forward forward_;
  std::vector<float> logits_;  // of the last search, without unknown keywords
  std::vector<uint32_t> rows_;
  std::vector<std::vector<uint32_t>> title_rows_;
  std::vector<Bag> titles_;
};

}  // namespace

float training_click_rate(const Dataset& data) {
  const uint64_t shown = data.instances_of(Split::kTrain, Task::kMain);
  if (shown == 0) return 0.5f;
  return static_cast<float>(data.clicks_of(Split::kTrain, Task::kMain)) / static_cast<float>(shown);
}

Result<std::vector<float>> score_logits(const WeightFile& file, const PackedNetwork& packed,
                                        const Dataset& data, Split split, Task task,
                                        Exactness exactness) {
  if (task == Task::kAuxiliary && !packed.network().has_auxiliary) {
    return invalid_argument(file.path() + ": the model has no auxiliary task");
  }
  SearchScorer scorer(file, packed, data, exactness);
  std::vector<float> out;
  for (const uint32_t s : data.searches_of(split, task)) {
    const SearchView search = data.search(s);
    if (task == Task::kMain) {
      scorer.score_sfs(search, out);
    } else {
      scorer.score_ads(search, out);
    }
    if (!scorer.finite()) {
      return bad_data(file.path() + ": the model gives search " + std::to_string(s) +
                      " of the data a logit that is not a finite number");
    }
  }
  return out;
}

Result<std::vector<float>> score_dataset(const WeightFile& file, const KernelTable& kernels,
                                         const Dataset& data, Split split, Task task,
                                         float unknown) {
  const PackedNetwork packed(Network::bind(file), kernels);
  Result<std::vector<float>> scores =
      score_logits(file, packed, data, split, task, Exactness::kFast);
  if (!scores.ok()) return scores;
  const Network& n = packed.network();
  const bool main = task == Task::kMain;
  kernels.sigmoid(scores->data(), scores->size(), main ? n.main_scale : n.aux_scale,
                  main ? n.main_offset : n.aux_offset, scores->data());
  for (float& score : *scores) score = std::isnan(score) ? unknown : score;
  return scores;
}

}  // namespace barker

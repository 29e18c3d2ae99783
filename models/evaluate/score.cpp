#include "models/evaluate/score.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/evaluate/search_bags.h"

namespace barker {
namespace {

// Scores one search after the other and appends the logits of its instances.
class SearchScorer {
 public:
  SearchScorer(const WeightFile& file, const PackedNetwork& packed, const Dataset& data,
               Exactness exactness)
      : data_(data), exactness_(exactness), bags_(file, packed.network(), data) {
    forward_.bind(packed);
  }

  void score_sfs(const SearchView& search, std::vector<float>& out) {
    forward_.set_context(bags_.fill(search));
    rows_.clear();
    for (const uint32_t keyword : search.sfs) {
      const uint32_t row = bags_.row_of(keyword);
      if (row != kUnknownKeyword) rows_.push_back(row);
    }
    logits_.resize(rows_.size());
    forward_.score_targets(rows_, logits_.data(), exactness_);
    size_t next = 0;
    for (const uint32_t keyword : search.sfs) {
      out.push_back(bags_.row_of(keyword) == kUnknownKeyword ? NAN : logits_[next++]);
    }
  }

  void score_ads(const SearchView& search, std::vector<float>& out) {
    forward_.set_context(bags_.fill(search));
    title_rows_.resize(std::max(title_rows_.size(), search.ads.size()));
    titles_.clear();
    for (size_t a = 0; a < search.ads.size(); ++a) {
      title_rows_[a].clear();
      for (const uint32_t keyword : data_.title(search.ads[a])) {
        const uint32_t row = bags_.row_of(keyword);
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
  SearchBags bags_;
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

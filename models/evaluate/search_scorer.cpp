#include "models/evaluate/search_scorer.h"

#include <algorithm>
#include <cmath>

namespace barker {

void SearchScorer::score(const SearchView& search, Task task, std::vector<float>& out) {
  if (task == Task::kMain) {
    score_sfs(search, out);
  } else {
    score_ads(search, out);
  }
}

void SearchScorer::score_sfs(const SearchView& search, std::vector<float>& out) {
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

void SearchScorer::score_ads(const SearchView& search, std::vector<float>& out) {
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

bool SearchScorer::finite() const {
  return std::ranges::all_of(logits_, [](float l) { return std::isfinite(l); });
}

}  // namespace barker

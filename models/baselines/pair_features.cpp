#include "models/baselines/pair_features.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

uint64_t key(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }

void add(uint32_t a, uint32_t b, std::unordered_map<uint64_t, float>& counts) {
  counts[key(a, b)] += 1;
}

double count_of(uint32_t a, uint32_t b, const std::unordered_map<uint64_t, float>& counts) {
  const auto at = counts.find(key(a, b));
  return at == counts.end() ? 0 : at->second;
}

}  // namespace

PairFeatures::PairFeatures(const Dataset& data) : data_(data) { count_titles(); }

void PairFeatures::count(const std::vector<uint32_t>& searches, const PairOptions& options) {
  options_ = options;
  popularity_ = {};
  for (Counts* counts : {&shown_with_, &clicked_with_, &query_shown_, &query_clicked_}) {
    counts->clear();
  }
  for (const uint32_t s : searches) count_search(data_.search(s));
  popularity_.finish(data_.keywords());
}

// The newest keywords of the history, each once.
std::vector<uint32_t> PairFeatures::recent(const SearchView& search) const {
  std::vector<uint32_t> words;
  for (size_t i = search.history.size(); i-- > 0 && words.size() < options_.recent;) {
    const uint32_t word = search.history[i];
    if (word != kUnknownKeyword && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

void PairFeatures::count_titles() {
  in_titles_.assign(data_.keywords(), 0);
  std::vector<bool> counted(data_.titles());
  for (const uint32_t s : data_.searches_of(Split::kTrain, Task::kAuxiliary)) {
    for (const uint32_t ad : data_.search(s).ads) {
      if (counted[ad]) continue;
      counted[ad] = true;
      ++titles_;
      std::vector<uint32_t> words(data_.title(ad).begin(), data_.title(ad).end());
      std::sort(words.begin(), words.end());
      words.erase(std::unique(words.begin(), words.end()), words.end());
      for (const uint32_t a : words) {
        if (a == kUnknownKeyword) continue;
        in_titles_[a] += 1;
        for (const uint32_t b : words) {
          if (a != b && b != kUnknownKeyword) add(a, b, title_pairs_);
        }
      }
    }
  }
}

void PairFeatures::count_search(const SearchView& search) {
  popularity_.add(search);
  const std::vector<uint32_t> history = recent(search);
  for (size_t i = 0; i < search.sfs.size(); ++i) {
    const uint32_t v = search.sfs[i];
    if (v == kUnknownKeyword) continue;
    for (const uint32_t h : history) {
      add(h, v, shown_with_);
      if (search.sf_clicked[i]) add(h, v, clicked_with_);
    }
    for (const uint32_t q : search.query) {
      if (q == kUnknownKeyword) continue;
      add(q, v, query_shown_);
      if (search.sf_clicked[i]) add(q, v, query_clicked_);
    }
  }
}

PairFeatureRow PairFeatures::row(const SearchView& search, uint32_t v) const {
  PairFeatureRow f{};
  const double prior = options_.prior;
  const double pop = std::clamp(popularity_[v], 1e-4, 1 - 1e-4);
  f[0] = std::log(pop / (1 - pop));
  f[1] = std::log1p(popularity_.shown(v));
  if (v == kUnknownKeyword) return f;
  const std::vector<uint32_t> history = recent(search);
  const auto n = static_cast<double>(std::max<size_t>(history.size(), 1));
  for (const uint32_t h : history) {
    const double clicked = count_of(h, v, clicked_with_), shown = count_of(h, v, shown_with_);
    const double lift = (clicked + prior * pop) / (shown + prior) - pop;  // click rate beside h
    f[2] += std::log1p(clicked) / n;
    f[3] += lift / n;
    f[4] = std::max(f[4], lift);
    f[5] += h == v;
    const double mutual = title_information(h, v);
    f[6] += mutual / n;
    f[7] = std::max(f[7], mutual);
    f[8] += (mutual > 0) / n;
  }
  f[9] = std::log1p(static_cast<double>(history.size()));
  for (const uint32_t q : search.query) {
    if (q == kUnknownKeyword) continue;
    const double clicked = count_of(q, v, query_clicked_), shown = count_of(q, v, query_shown_);
    f[10] += std::log1p(clicked);
    f[11] += (clicked + prior * pop) / (shown + prior) - pop;
    f[12] += title_information(q, v);
    f[13] += q == v;
  }
  return f;
}

// Positive pointwise mutual information of two keywords standing in the same title.
double PairFeatures::title_information(uint32_t a, uint32_t b) const {
  const double together = count_of(a, b, title_pairs_);
  if (together == 0) return 0;
  return std::max(0.0, std::log(together * titles_ / (in_titles_[a] * in_titles_[b])));
}

}  // namespace barker

#include "models/baselines/tree_features.h"

#include <algorithm>
#include <cmath>

#include "models/baselines/collaborative.h"
#include "models/baselines/user_clicks.h"

namespace barker {
namespace {

constexpr size_t kOwnColumns = 10;  // besides those of pair_features.h and one a group

// How often a keyword stands in the history, the older the less, and how long ago it came last.
struct Recency {
  double faded = 0;  // sum of exp(-clicks since / 20)
  double last = 0;   // 1 / (1 + clicks since); 0 if it does not stand there
};

Recency recency_of(std::span<const uint32_t> history, uint32_t keyword) {
  Recency out;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i] != keyword) continue;
    const auto since = static_cast<double>(history.size() - 1 - i);
    out.faded += std::exp(-since / 20);
    out.last = 1 / (1 + since);
  }
  return out;
}

}  // namespace

void TreeFeatures::count(std::optional<int64_t> before) {
  before_ = before;
  std::vector<uint32_t> searches;
  for (const uint32_t s : data_.searches_of(Split::kTrain, Task::kMain)) {
    if (!before || data_.search(s).time < *before) searches.push_back(s);
  }
  pairs_.count(searches, PairOptions());
  beside_.count(data_, before);
  above_.assign(data_.users(), 0);
  shown_to_.assign(data_.users(), 0);
  for (const uint32_t s : searches) {
    const SearchView search = data_.search(s);
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      const uint32_t v = search.sfs[i];
      above_[search.user] += search.sf_clicked[i] - pairs_.popularity()[v];
      shown_to_[search.user] += 1;
    }
  }
}

FeatureMatrix TreeFeatures::rows(std::span<const uint32_t> searches) const {
  FeatureMatrix out;
  out.columns = kPairFeatures + kOwnColumns + data_.groups().size();
  const std::vector<float> of_neighbours = user_cf_scores(data_, before_, searches);
  size_t row = 0;
  for (const uint32_t s : searches) {
    const SearchView search = data_.search(s);
    for (const uint32_t keyword : search.sfs) {
      add_row(search, keyword, out.values);
      const double popularity = pairs_.popularity()[keyword];
      out.values.push_back(of_neighbours[row++] - static_cast<float>(popularity));
    }
  }
  return out;
}

void TreeFeatures::add_row(const SearchView& search, uint32_t v, std::vector<float>& out) const {
  const auto put = [&out](double value) { out.push_back(static_cast<float>(value)); };
  for (const double f : pairs_.row(search, v)) put(f);
  put(lift(beside_.of_category, search.category, v));
  const Recency in_history = recency_of(search.history, v);
  put(in_history.faded);
  put(in_history.last);
  put(recency_of(search.sf_history, v).faded);
  put(std::log1p(static_cast<double>(search.sf_history.size())));
  put(std::log1p(static_cast<double>(search.history.size())));
  put(static_cast<double>(search.query.size()));
  put(above_[search.user] / (shown_to_[search.user] + kUserPrior));
  put(std::log1p(shown_to_[search.user]));
  for (size_t g = 0; g < data_.groups().size(); ++g) {
    const auto features = data_.group(search.index, g).features;
    double sum = 0;
    for (const uint32_t f : features) sum += lift(beside_.of_feature, f, v);
    put(features.empty() ? 0 : sum / static_cast<double>(features.size()));
  }
}

double TreeFeatures::lift(const RateTable& rates, uint32_t with, uint32_t v) const {
  if (v == kUnknownKeyword) return 0;
  const double own = pairs_.popularity()[v];
  return rates.rate(with, v, own) - own;
}

}  // namespace barker

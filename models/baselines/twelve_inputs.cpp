#include "models/baselines/twelve_inputs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/train/initialise.h"

namespace barker {
namespace {

constexpr size_t kHistory = 200;  // newest keywords that are read, as by the networks
constexpr double kDeviation = 1;  // of the vectors' numbers; cosines do not depend on it

constexpr KeywordVector kNoVector{};

double logit(double p) {
  const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
  return std::log(inside / (1 - inside));
}

double cosine(std::span<const float, kVectorSize> a, std::span<const float, kVectorSize> b) {
  const auto product = [](std::span<const float> x, std::span<const float> y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  };
  const double lengths = std::sqrt(product(a, a) * product(b, b));
  return lengths > 0 ? product(a, b) / lengths : 0;
}

std::span<const uint32_t> newest(const SearchView& search) {
  return search.history.last(std::min(kHistory, search.history.size()));
}

}  // namespace

void TwelveInputs::count(std::optional<int64_t> before) {
  users_ = read_user_clicks(data_, before);
  rules_.emplace(users_);
  vectors_ = svd_embeddings(data_, kVectorSize, kDeviation, seed_, before);
  above_.clear();
  for (const SparseRow& residuals : users_.residuals) {
    above_.push_back(std::accumulate(residuals.values.begin(), residuals.values.end(), 0.0));
  }
  beside_.count(data_, before);
}

FeatureMatrix TwelveInputs::rows(std::span<const uint32_t> searches) const {
  FeatureMatrix out;
  out.columns = kTwelve;
  for (const uint32_t s : searches) add_rows(data_.search(s), out.values);
  return out;
}

void TwelveInputs::add_rows(const SearchView& search, std::vector<float>& out) const {
  const auto put = [&out](double value) { out.push_back(static_cast<float>(value)); };
  const std::span<const uint32_t> history = newest(search);
  const KeywordVector of_history = mean_vector(history), of_query = mean_vector(search.query);
  KeywordVector of_faded{};
  for (size_t i = 0; i < history.size(); ++i) {
    const auto weight = static_cast<float>(faded_by_order(i, history.size()));
    const auto of_word = vector(history[i]);
    for (size_t d = 0; d < kVectorSize; ++d) of_faded[d] += weight * of_word[d];
  }
  // A history that the log gives need not hold every clicked SF.
  const double of_titles = std::max(0.0, static_cast<double>(search.history.size()) -
                                             static_cast<double>(search.sf_history.size()));
  const auto concluded = rules_->fire(clicks_of_history(search));
  for (const uint32_t v : search.sfs) {
    const double own = users_.popularity[v];
    put(logit(own));
    put(std::log1p(users_.popularity.shown(v)));
    put(logit(beside_.of_category.rate(search.category, v, own)));
    put(logit(rate_beside_features(search, v)));
    put(cosine(of_history, vector(v)));
    put(cosine(of_query, vector(v)));
    put(v == kUnknownKeyword ? 0 : static_cast<double>(std::ranges::count(history, v)));
    const auto rule = concluded.find(v);
    put(rule == concluded.end() ? 0 : rule->second.value());
    put(std::log1p(of_titles));
    put(std::log1p(static_cast<double>(search.sf_history.size())));
    put(above_[search.user] / (users_.shown[search.user] + kUserPrior));
    put(cosine(of_faded, vector(v)));
  }
}

double TwelveInputs::rate_beside_features(const SearchView& search, uint32_t v) const {
  const double own = users_.popularity[v];
  double sum = 0, count = 0;
  for (size_t g = 0; g < data_.groups().size(); ++g) {
    for (const uint32_t f : data_.group(search.index, g).features) {
      sum += beside_.of_feature.rate(f, v, own);
      ++count;
    }
  }
  return count > 0 ? sum / count : own;
}

std::span<const float, kVectorSize> TwelveInputs::vector(uint32_t keyword) const {
  if (keyword == kUnknownKeyword) return kNoVector;
  return std::span<const float, kVectorSize>(vectors_.data() + size_t{keyword} * kVectorSize,
                                             kVectorSize);
}

KeywordVector TwelveInputs::mean_vector(std::span<const uint32_t> keywords) const {
  KeywordVector mean{};
  for (const uint32_t keyword : keywords) {
    const auto of_word = vector(keyword);
    for (size_t d = 0; d < kVectorSize; ++d) {
      mean[d] += of_word[d] / static_cast<float>(keywords.size());
    }
  }
  return mean;
}

void MinMaxScale::fit(const FeatureMatrix& rows) {
  low_.assign(rows.columns, INFINITY);
  high_.assign(rows.columns, -INFINITY);
  for (size_t i = 0; i < rows.values.size(); ++i) {
    const size_t column = i % rows.columns;
    low_[column] = std::min(low_[column], rows.values[i]);
    high_[column] = std::max(high_[column], rows.values[i]);
  }
}

void MinMaxScale::apply(FeatureMatrix& rows) const {
  for (size_t i = 0; i < rows.values.size(); ++i) {
    const float low = low_[i % rows.columns], high = high_[i % rows.columns];
    const float inside = std::clamp(rows.values[i], low, high);
    rows.values[i] = high > low ? (inside - low) / (high - low) : 0;
  }
}

}  // namespace barker

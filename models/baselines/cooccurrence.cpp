#include "models/baselines/cooccurrence.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/base/logistic.h"
#include "models/baselines/pair_features.h"
#include "models/evaluate/metrics.h"

namespace barker {
namespace {

// Logistic regression by Newton's method, with a small L2 penalty and standardised inputs.
class LogisticRegression {
 public:
  void fit(const std::vector<PairFeatureRow>& x, const std::vector<uint8_t>& y) {
    standardise(x);
    constexpr size_t n = kPairFeatures + 1;  // the last weight is the intercept
    weights_.fill(0);
    for (int iteration = 0; iteration < 25; ++iteration) {
      std::array<std::array<double, n + 1>, n> system{};  // [Hessian | gradient]
      for (size_t k = 0; k < n; ++k) {
        system[k][k] = 1;
        system[k][n] = k + 1 < n ? weights_[k] : 0;
      }
      for (size_t i = 0; i < x.size(); ++i) {
        const std::array<double, n> z = scaled(x[i]);
        const double p = probability(z), w = p * (1 - p);
        for (size_t a = 0; a < n; ++a) {
          system[a][n] += z[a] * (p - y[i]);
          for (size_t b = a; b < n; ++b) system[a][b] += w * z[a] * z[b];
        }
      }
      for (size_t a = 0; a < n; ++a) {
        for (size_t b = 0; b < a; ++b) system[a][b] = system[b][a];
      }
      double moved = 0;
      for (size_t k = 0; k < n; ++k) {  // Gauss-Jordan: the matrix is positive definite
        for (size_t i = 0; i < n; ++i) {
          if (i == k) continue;
          const double factor = system[i][k] / system[k][k];
          for (size_t j = k; j <= n; ++j) system[i][j] -= factor * system[k][j];
        }
      }
      for (size_t k = 0; k < n; ++k) {
        const double step = std::clamp(system[k][n] / system[k][k], -2.0, 2.0);
        weights_[k] -= step;
        moved += std::abs(step);
      }
      if (moved < 1e-8) break;
    }
  }

  double predict(const PairFeatureRow& x) const { return probability(scaled(x)); }

 private:
  void standardise(const std::vector<PairFeatureRow>& x) {
    const auto n = static_cast<double>(std::max<size_t>(x.size(), 1));
    mean_.fill(0);
    deviation_.fill(0);
    for (const PairFeatureRow& f : x) {
      for (size_t k = 0; k < kPairFeatures; ++k) mean_[k] += f[k] / n;
    }
    for (const PairFeatureRow& f : x) {
      for (size_t k = 0; k < kPairFeatures; ++k) deviation_[k] += std::pow(f[k] - mean_[k], 2) / n;
    }
    for (double& d : deviation_) d = d > 1e-12 ? std::sqrt(d) : 1;
  }
  std::array<double, kPairFeatures + 1> scaled(const PairFeatureRow& x) const {
    std::array<double, kPairFeatures + 1> z{};
    for (size_t k = 0; k < kPairFeatures; ++k) z[k] = (x[k] - mean_[k]) / deviation_[k];
    z[kPairFeatures] = 1;
    return z;
  }
  double probability(const std::array<double, kPairFeatures + 1>& z) const {
    double sum = 0;
    for (size_t k = 0; k <= kPairFeatures; ++k) sum += weights_[k] * z[k];
    return sigmoid(sum);
  }

  std::array<double, kPairFeatures + 1> weights_{};
  PairFeatureRow mean_{}, deviation_{};
};

class CooccurrenceBaseline : public Baseline {
 public:
  Status fit(const Dataset& data) override {
    data_ = &data;
    features_.emplace(data);
    const std::vector<uint32_t> searches = training_searches_by_time(data);
    // Networks have their constants from the validation split, so this has them from there, too.
    const std::vector<uint8_t> clicked = clicks_of(data, Split::kValidation);
    std::optional<PairOptions> best;  // of equally good ones, the first
    double best_auc = -1;
    for (const size_t recent : {60, 20, 200}) {
      for (const double prior : {2.0, 8.0}) {
        fit_with({recent, prior}, searches);
        const double found = auc(probabilities(Split::kValidation), clicked);
        if (best && !(found > best_auc)) continue;  // also where the split says nothing
        best_auc = std::isfinite(found) ? found : -1;
        best = PairOptions{recent, prior};
      }
    }
    fit_with(*best, searches);
    return {};
  }

  Result<std::vector<float>> predict(Split split) const override { return probabilities(split); }

 private:
  std::vector<float> probabilities(Split split) const {
    std::vector<float> out;
    for (const uint32_t s : data_->searches_of(split, Task::kMain)) {
      const SearchView search = data_->search(s);
      for (const uint32_t keyword : search.sfs) {
        out.push_back(static_cast<float>(regression_.predict(features_->row(search, keyword))));
      }
    }
    return out;
  }

  // The counts come from the first 70% of the training searches and the weights from the rest, so
  // that no count contains the click that it explains. Then all of the training searches are
  // counted, as a network learns from all of them.
  void fit_with(const PairOptions& options, const std::vector<uint32_t>& searches) {
    const auto cut = static_cast<ptrdiff_t>(searches.size() * 7 / 10);
    features_->count({searches.begin(), searches.begin() + cut}, options);
    std::vector<PairFeatureRow> x;
    const std::span<const uint32_t> learned(searches.begin() + cut, searches.end());
    for (const uint32_t s : learned) {
      const SearchView search = data_->search(s);
      for (const uint32_t keyword : search.sfs) x.push_back(features_->row(search, keyword));
    }
    regression_.fit(x, clicks_of(*data_, learned));
    features_->count(searches, options);
  }

  const Dataset* data_ = nullptr;
  std::optional<PairFeatures> features_;
  LogisticRegression regression_;
};

}  // namespace

std::unique_ptr<Baseline> make_cooccurrence() { return std::make_unique<CooccurrenceBaseline>(); }

}  // namespace barker

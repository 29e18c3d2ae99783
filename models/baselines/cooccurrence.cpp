#include "models/baselines/cooccurrence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "models/baselines/statistics.h"

namespace barker {
namespace {

constexpr size_t kFeatures = 14;
using Features = std::array<double, kFeatures>;

// Counts how often two keywords stood together.
class PairTable {
 public:
  void add(uint32_t a, uint32_t b) { counts_[uint64_t{a} << 32 | b] += 1; }
  float operator()(uint32_t a, uint32_t b) const {
    const auto at = counts_.find(uint64_t{a} << 32 | b);
    return at == counts_.end() ? 0 : at->second;
  }

 private:
  std::unordered_map<uint64_t, float> counts_;
};

// Logistic regression by Newton's method, with a small L2 penalty and standardised inputs.
class LogisticRegression {
 public:
  void fit(const std::vector<Features>& x, const std::vector<uint8_t>& y) {
    standardise(x);
    constexpr size_t n = kFeatures + 1;  // the last weight is the intercept
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

  double predict(const Features& x) const { return probability(scaled(x)); }

 private:
  void standardise(const std::vector<Features>& x) {
    const auto n = static_cast<double>(std::max<size_t>(x.size(), 1));
    mean_.fill(0);
    deviation_.fill(0);
    for (const Features& f : x) {
      for (size_t k = 0; k < kFeatures; ++k) mean_[k] += f[k] / n;
    }
    for (const Features& f : x) {
      for (size_t k = 0; k < kFeatures; ++k) deviation_[k] += std::pow(f[k] - mean_[k], 2) / n;
    }
    for (double& d : deviation_) d = d > 1e-12 ? std::sqrt(d) : 1;
  }
  std::array<double, kFeatures + 1> scaled(const Features& x) const {
    std::array<double, kFeatures + 1> z{};
    for (size_t k = 0; k < kFeatures; ++k) z[k] = (x[k] - mean_[k]) / deviation_[k];
    z[kFeatures] = 1;
    return z;
  }
  double probability(const std::array<double, kFeatures + 1>& z) const {
    double sum = 0;
    for (size_t k = 0; k <= kFeatures; ++k) sum += weights_[k] * z[k];
    return 1 / (1 + std::exp(-sum));
  }

  std::array<double, kFeatures + 1> weights_{};
  Features mean_{}, deviation_{};
};

class CooccurrenceBaseline : public Baseline {
 public:
  Status fit(const Dataset& data) override {
    data_ = &data;
    count_titles();
    // The counts come from the first 70% of the training searches and the weights from the rest, so
    // that no count contains the click that it explains.
    std::vector<uint32_t> searches;
    for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) searches.push_back(s);
    std::stable_sort(searches.begin(), searches.end(), [&](uint32_t a, uint32_t b) {
      return data.search(a).time < data.search(b).time;
    });
    const size_t cut = searches.size() * 7 / 10;
    for (size_t i = 0; i < cut; ++i) count_search(data.search(searches[i]));
    popularity_.finish(data.keywords());
    std::vector<Features> x;
    std::vector<uint8_t> y;
    for (size_t i = cut; i < searches.size(); ++i) {
      const SearchView search = data.search(searches[i]);
      for (size_t s = 0; s < search.sfs.size(); ++s) {
        x.push_back(features(search, search.sfs[s]));
        y.push_back(search.sf_clicked[s]);
      }
    }
    regression_.fit(x, y);
    return {};
  }

  std::vector<float> predict(Split split) const override {
    std::vector<float> out;
    for (const uint32_t s : data_->searches_of(split, Task::kMain)) {
      const SearchView search = data_->search(s);
      for (const uint32_t keyword : search.sfs) {
        out.push_back(static_cast<float>(regression_.predict(features(search, keyword))));
      }
    }
    return out;
  }

 private:
  // The newest keywords of the history, each once.
  static std::vector<uint32_t> recent(const SearchView& search) {
    constexpr size_t kRecent = 60;
    std::vector<uint32_t> words;
    for (size_t i = search.history.size(); i-- > 0 && words.size() < kRecent;) {
      const uint32_t word = search.history[i];
      if (word != kUnknownKeyword && std::find(words.begin(), words.end(), word) == words.end()) {
        words.push_back(word);
      }
    }
    return words;
  }

  void count_titles() {
    in_titles_.assign(data_->keywords(), 0);
    std::vector<bool> counted(data_->titles());
    for (const uint32_t s : data_->searches_of(Split::kTrain, Task::kAuxiliary)) {
      for (const uint32_t ad : data_->search(s).ads) {
        if (counted[ad]) continue;
        counted[ad] = true;
        ++titles_;
        std::vector<uint32_t> words(data_->title(ad).begin(), data_->title(ad).end());
        std::sort(words.begin(), words.end());
        words.erase(std::unique(words.begin(), words.end()), words.end());
        for (const uint32_t a : words) {
          if (a == kUnknownKeyword) continue;
          in_titles_[a] += 1;
          for (const uint32_t b : words) {
            if (a != b && b != kUnknownKeyword) title_pairs_.add(a, b);
          }
        }
      }
    }
  }

  void count_search(const SearchView& search) {
    popularity_.add(search);
    const std::vector<uint32_t> history = recent(search);
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      const uint32_t v = search.sfs[i];
      if (v == kUnknownKeyword) continue;
      for (const uint32_t h : history) {
        shown_with_.add(h, v);
        if (search.sf_clicked[i]) clicked_with_.add(h, v);
      }
      for (const uint32_t q : search.query) {
        if (q == kUnknownKeyword) continue;
        query_shown_.add(q, v);
        if (search.sf_clicked[i]) query_clicked_.add(q, v);
      }
    }
  }

  Features features(const SearchView& search, uint32_t v) const {
    Features f{};
    const double pop = std::clamp(popularity_[v], 1e-4, 1 - 1e-4);
    f[0] = std::log(pop / (1 - pop));
    f[1] = std::log1p(popularity_.shown(v));
    if (v == kUnknownKeyword) return f;
    const std::vector<uint32_t> history = recent(search);
    const auto n = static_cast<double>(std::max<size_t>(history.size(), 1));
    for (const uint32_t h : history) {
      const double clicked = clicked_with_(h, v), shown = shown_with_(h, v);
      const double lift = (clicked + 2 * pop) / (shown + 2) - pop;  // click rate beside h
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
      const double clicked = query_clicked_(q, v), shown = query_shown_(q, v);
      f[10] += std::log1p(clicked);
      f[11] += (clicked + 2 * pop) / (shown + 2) - pop;
      f[12] += title_information(q, v);
      f[13] += q == v;
    }
    return f;
  }

  // Positive pointwise mutual information of two keywords standing in the same title.
  double title_information(uint32_t a, uint32_t b) const {
    const double together = title_pairs_(a, b);
    if (together == 0) return 0;
    return std::max(0.0, std::log(together * titles_ / (in_titles_[a] * in_titles_[b])));
  }

  const Dataset* data_ = nullptr;
  Popularity popularity_;
  double titles_ = 0;
  std::vector<double> in_titles_;
  PairTable title_pairs_, shown_with_, clicked_with_, query_shown_, query_clicked_;
  LogisticRegression regression_;
};

}  // namespace

std::unique_ptr<Baseline> make_cooccurrence() { return std::make_unique<CooccurrenceBaseline>(); }

}  // namespace barker

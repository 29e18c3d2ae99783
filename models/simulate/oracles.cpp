#include "models/simulate/oracles.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"
#include "models/evaluate/metrics.h"

namespace barker {
namespace {

constexpr double kTrainEnd = 0.80, kTestBegin = 0.85;  // shares of the period
constexpr size_t kHistoryRead = 200;

// Solves A x = b for a symmetric positive definite A [n, n], which is stored row by row.
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k * n + j] * b[j];
    b[k] /= a[k * n + k];
  }
  return b;
}

// The taste of maximum posterior probability, with the prior N(sqrt(rho) base, (1 - rho) I) and the
// likelihood of the user's events.
class TasteEstimate {
 public:
  TasteEstimate(const ClickWorld& world, bool with_ads) : world_(world), with_ads_(with_ads) {}

  std::vector<double> run(const WorldUser& user, const std::vector<WorldSearch>& searches) {
    const ClickWorldOptions& o = world_.options();
    const size_t d = o.axes;
    std::vector<double> prior(d), taste;
    for (size_t a = 0; a < d; ++a) prior[a] = std::sqrt(o.demographic_share) * user.base[a];
    taste = prior;
    double damping = 1e-3;
    double loss = derive(taste, prior, searches);
    // Gauss-Newton needs Levenberg's damping, because the auxiliary likelihood is not convex in the
    // taste.
    for (int iteration = 0; iteration < 30; ++iteration) {
      std::vector<double> damped = hessian_;
      for (size_t a = 0; a < d; ++a) damped[a * d + a] *= 1 + damping;
      const std::vector<double> step = solve(damped, gradient_);
      std::vector<double> candidate = taste;
      double size = 0;
      for (size_t a = 0; a < d; ++a) {
        candidate[a] -= step[a];
        size += step[a] * step[a];
      }
      const std::vector<double> gradient = gradient_, hessian = hessian_;
      const double candidate_loss = derive(candidate, prior, searches);
      if (candidate_loss <= loss) {
        taste = candidate;
        loss = candidate_loss;
        damping = std::max(damping / 5, 1e-6);
        if (size < 1e-8) break;
      } else {
        gradient_ = gradient;
        hessian_ = hessian;
        damping *= 10;
        if (damping > 1e6) break;
      }
    }
    return taste;
  }

 private:
  // Negative log posterior at `taste`, with gradient_ and the Gauss-Newton hessian_.
  double derive(const std::vector<double>& taste, const std::vector<double>& prior,
                const std::vector<WorldSearch>& searches) {
    const ClickWorldOptions& o = world_.options();
    const size_t d = o.axes;
    const double precision = 1 / (1 - o.demographic_share);
    gradient_.assign(d, 0);
    hessian_.assign(d * d, 0);
    double loss = 0;
    for (size_t a = 0; a < d; ++a) {
      const double away = taste[a] - prior[a];
      loss += away * away * precision / 2;
      gradient_[a] = away * precision;
      hessian_[a * d + a] = precision;
    }
    std::vector<double> slope(d);
    // A click has the probability looks * sigma(logit); the second derivative is Fisher's
    // information.
    const auto observe = [&](double logit, bool clicked, double scale, double looks) {
      const double p = sigmoid(logit), not_clicked = std::max(1 - looks * p, 1e-300);
      loss -= std::log(std::max(clicked ? looks * p : not_clicked, 1e-300));
      const double first = clicked ? p - 1 : looks * p * (1 - p) / not_clicked;
      const double second = looks * p * (1 - p) * (1 - p) / not_clicked;
      for (size_t a = 0; a < d; ++a) {
        gradient_[a] += scale * slope[a] * first;
        for (size_t b = 0; b < d; ++b) {
          hessian_[a * d + b] += scale * scale * slope[a] * slope[b] * second;
        }
      }
    };
    for (const WorldSearch& search : searches) {
      if (search.time > kTestBegin) break;
      for (size_t i = 0; i < search.sfs.size(); ++i) {
        world_.utility_slope(search, search.sfs[i], slope);
        observe(o.main_bias + world_.utility(taste, search, search.sfs[i]),
                search.sf_clicked[i] != 0, 1, world_.look_probability(i));
      }
      for (size_t i = 0; with_ads_ && i < search.ads.size(); ++i) {
        const double u = world_.title_utility(taste, search, search.ads[i], slope);
        observe(o.aux_bias + o.lambda * u + world_.quality(search.ads[i]),
                search.ad_clicked[i] != 0, o.lambda, 1);
      }
    }
    return loss;
  }

  const ClickWorld& world_;
  bool with_ads_;
  std::vector<double> gradient_, hessian_;
};

// What pooling says about a user before a search. For the last clicked SFs and title words apart,
// it is the mean of their meanings, a shrunk mean and their number. Demographics and a constant are
// added.
class PooledHistory {
 public:
  explicit PooledHistory(const ClickWorld& world) : world_(world) {}

  void start_user() { tokens_.clear(); }
  void add(const WorldSearch& search) {
    for (size_t i = 0; i < search.ads.size(); ++i) {
      if (!search.ad_clicked[i]) continue;
      for (const uint32_t w : world_.title(search.ads[i])) tokens_.push_back({w, false});
    }
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      if (search.sf_clicked[i]) tokens_.push_back({search.sfs[i], true});
    }
  }
  std::vector<double> features(const WorldUser& user) const {
    const size_t d = world_.options().axes;
    std::vector<double> out;
    const size_t begin = tokens_.size() - std::min(kHistoryRead, tokens_.size());
    for (const bool sfs : {false, true}) {
      std::vector<double> sum(d, 0);
      double count = 0;
      for (size_t i = begin; i < tokens_.size(); ++i) {
        if (tokens_[i].is_sf != sfs) continue;
        ++count;
        for (size_t a = 0; a < d; ++a) sum[a] += world_.meaning(tokens_[i].word)[a];
      }
      for (const double s : sum) out.push_back(s / std::max(count, 1.0));
      for (const double s : sum) out.push_back(s / (count + 30));
      out.push_back(count / 100);
    }
    const auto all = static_cast<double>(tokens_.size() - begin);
    for (const double b : user.base) out.push_back(b);
    for (const double b : user.base) out.push_back(b / (1 + all / 50));
    out.push_back(1);
    return out;
  }

 private:
  struct Token {
    uint32_t word;
    bool is_sf;
  };
  const ClickWorld& world_;
  std::vector<Token> tokens_;
};

// Ridge regression of tastes on features. The examples are seen once.
class Ridge {
 public:
  void add(const std::vector<double>& x, const std::vector<double>& y) {
    if (xx_.empty()) {
      xx_.assign(x.size() * x.size(), 0);
      xy_.assign(y.size(), std::vector<double>(x.size(), 0));
      for (size_t i = 0; i < x.size(); ++i) xx_[i * x.size() + i] = 1;
    }
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = 0; j < x.size(); ++j) xx_[i * x.size() + j] += x[i] * x[j];
      for (size_t k = 0; k < y.size(); ++k) xy_[k][i] += x[i] * y[k];
    }
  }
  void fit() {
    for (std::vector<double>& xy : xy_) xy = solve(xx_, xy);
  }
  std::vector<double> predict(const std::vector<double>& x) const {
    std::vector<double> y;
    for (const std::vector<double>& weights : xy_) {
      double sum = 0;
      for (size_t i = 0; i < x.size(); ++i) sum += weights[i] * x[i];
      y.push_back(sum);
    }
    return y;
  }

 private:
  std::vector<double> xx_;
  std::vector<std::vector<double>> xy_;
};

class Judge {
 public:
  explicit Judge(const ClickWorld& world) : world_(world) {}

  std::vector<OracleAuc> run() {
    fit_pooled();
    score();
    static constexpr const char* kNames[] = {"Bayes-optimal",  "observable",  "observable, no ads",
                                             "pooled history", "demographic", "no user"};
    std::vector<OracleAuc> out;
    for (size_t k = 0; k < kOracles; ++k) {
      OracleAuc& o = out.emplace_back();
      o.name = kNames[k];
      o.all = auc(scores_[k], clicked_);
      for (uint8_t bin = 0; bin < 4; ++bin) {
        std::vector<float> scores;
        std::vector<uint8_t> clicked;
        for (size_t i = 0; i < clicked_.size(); ++i) {
          if (bin_[i] != bin) continue;
          scores.push_back(scores_[k][i]);
          clicked.push_back(clicked_[i]);
        }
        o.bins[bin] = auc(scores, clicked);
      }
    }
    return out;
  }

 private:
  static constexpr size_t kOracles = 6;

  void fit_pooled() {
    PooledHistory history(world_);
    const Status never_fails =
        world_.for_each_user([&](const WorldUser& user, const auto& searches) {
          history.start_user();
          for (const WorldSearch& search : searches) {
            if (search.time > kTrainEnd) break;
            if (!search.sfs.empty()) pooled_.add(history.features(user), user.taste);
            history.add(search);
          }
          return Status();
        });
    static_cast<void>(never_fails);
    pooled_.fit();
  }

  void score() {
    PooledHistory history(world_);
    TasteEstimate with_ads(world_, true), without_ads(world_, false);
    const Status never_fails =
        world_.for_each_user([&](const WorldUser& user, const auto& searches) {
          const bool tested = std::any_of(
              searches.begin(), searches.end(),
              [](const WorldSearch& s) { return s.time > kTestBegin && !s.sfs.empty(); });
          if (!tested) return Status();
          const uint8_t bin = bin_of(searches);
          std::array<std::vector<double>, kOracles> tastes;
          tastes[1] = with_ads.run(user, searches);
          tastes[2] = without_ads.run(user, searches);
          for (const double b : user.base)
            tastes[4].push_back(std::sqrt(world_.options().demographic_share) * b);
          tastes[5].assign(user.base.size(), 0);
          history.start_user();
          for (const WorldSearch& search : searches) {
            if (search.time > kTestBegin && !search.sfs.empty()) {
              tastes[3] = pooled_.predict(history.features(user));
              for (size_t i = 0; i < search.sfs.size(); ++i) {
                clicked_.push_back(search.sf_clicked[i]);
                bin_.push_back(bin);
                const double looks = world_.look_probability(i);
                scores_[0].push_back(static_cast<float>(search.sf_truth[i]));
                for (size_t k = 1; k < kOracles; ++k) {
                  const double logit =
                      world_.options().main_bias + world_.utility(tastes[k], search, search.sfs[i]);
                  scores_[k].push_back(static_cast<float>(looks * sigmoid(logit)));
                }
              }
            }
            history.add(search);
          }
          return Status();
        });
    static_cast<void>(never_fails);
  }

  static uint8_t bin_of(const std::vector<WorldSearch>& searches) {
    uint32_t main = 0, aux = 0;
    for (const WorldSearch& search : searches) {
      if (search.time > kTestBegin) break;
      for (const uint8_t clicked : search.sf_clicked) main += clicked;
      for (const uint8_t clicked : search.ad_clicked) aux += clicked;
    }
    return static_cast<uint8_t>((main > 6 ? 2 : 0) + (aux > 21 ? 0 : 1));
  }

  const ClickWorld& world_;
  Ridge pooled_;
  std::array<std::vector<float>, kOracles> scores_;
  std::vector<uint8_t> clicked_, bin_;
};

}  // namespace

std::vector<OracleAuc> oracle_aucs(const ClickWorld& world) { return Judge(world).run(); }

}  // namespace barker

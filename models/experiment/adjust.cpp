#include "models/experiment/adjust.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

// CUPED of two linear combinations of each unit's numbers, the metric and what explains it.
template <size_t K>
Cuped adjust(const std::vector<Covariances<K>>& arms, const std::vector<ArmMoments>& plain,
             const std::vector<typename Covariances<K>::Row>& metric,
             const std::vector<typename Covariances<K>::Row>& before,
             const std::vector<double>& before_means) {
  Cuped result;
  double covariance = 0, variance = 0, metric_variance = 0, units = 0, before_mean = 0;
  std::vector<double> covariances(arms.size()), variances(arms.size());
  for (size_t a = 0; a < arms.size(); ++a) {
    for (size_t i = 0; i < K; ++i) {
      for (size_t j = 0; j < K; ++j) {
        covariances[a] += metric[a][i] * before[a][j] * arms[a].covariance(i, j);
      }
    }
    variances[a] = arms[a].variance_of(before[a]);
    const double n = arms[a].units();
    if (n < 2) continue;
    covariance += (n - 1) * covariances[a];
    variance += (n - 1) * variances[a];
    metric_variance += (n - 1) * plain[a].variance;
    units += n;
    before_mean += n * before_means[a];
  }
  result.theta = variance > 0 ? covariance / variance : 0;
  before_mean /= units;
  double left = 0;
  for (size_t a = 0; a < arms.size(); ++a) {
    ArmMoments moments = plain[a];
    moments.mean -= result.theta * (before_means[a] - before_mean);
    moments.variance += result.theta * (result.theta * variances[a] - 2 * covariances[a]);
    moments.variance = std::max(0.0, moments.variance);
    if (moments.units >= 2) left += (moments.units - 1) * moments.variance;
    result.arms.push_back(moments);
  }
  result.variance_removed = metric_variance > 0 ? 1 - left / metric_variance : NAN;
  return result;
}

}  // namespace

Cuped cuped(const std::vector<Covariances<2>>& arms) {
  std::vector<ArmMoments> plain;
  std::vector<double> before_means;
  for (const Covariances<2>& arm : arms) {
    plain.push_back(arm.moments(0));
    before_means.push_back(arm.mean(1));
  }
  return adjust<2>(arms, plain, std::vector(arms.size(), Covariances<2>::Row{1, 0}),
                   std::vector(arms.size(), Covariances<2>::Row{0, 1}), before_means);
}

Cuped cuped_ratio(const std::vector<Covariances<4>>& arms) {
  Covariances<4> all;
  for (const Covariances<4>& arm : arms) all.merge(arm);
  // Before the experiment the arms are alike, and one ratio holds for all of them.
  const double shown = all.mean(3), rate = shown > 0 ? all.mean(2) / shown : 0;
  std::vector<ArmMoments> plain;
  std::vector<double> before_means;
  std::vector<Covariances<4>::Row> metric, before;
  for (const Covariances<4>& arm : arms) {
    plain.push_back(ratio_moments(arm, 0, 1));
    metric.push_back({1 / arm.mean(1), -plain.back().mean / arm.mean(1), 0, 0});
    before.push_back({0, 0, 1, -rate});
    before_means.push_back(arm.mean(2) - rate * arm.mean(3));
  }
  return adjust<4>(arms, plain, metric, before, before_means);
}

PostStratified post_stratify(const std::vector<std::vector<ArmMoments>>& moments) {
  PostStratified result;
  const size_t strata = moments.empty() ? 0 : moments[0].size();
  std::vector<double> size(strata);
  double all = 0, used = 0;
  for (size_t s = 0; s < strata; ++s) {
    bool complete = true;
    double units = 0;
    for (const auto& arm : moments) {
      units += arm[s].units;
      complete &= arm[s].units >= 2 && std::isfinite(arm[s].variance);
    }
    all += units;
    size[s] = complete ? units : 0;
    used += size[s];
  }
  result.units_used = all > 0 ? used / all : NAN;
  for (const auto& arm : moments) {
    ArmMoments mean = {0, 0, 0};
    for (size_t s = 0; s < strata; ++s) {
      if (size[s] == 0) continue;
      const double weight = size[s] / used;
      mean.units += arm[s].units;
      mean.mean += weight * arm[s].mean;
      mean.variance += weight * weight * arm[s].variance_of_mean();
    }
    mean.variance *= mean.units;
    if (used == 0) mean = {};
    result.arms.push_back(mean);
  }
  return result;
}

double winsorising_cap(std::vector<double>& values, double quantile) {
  const double place = std::ceil(quantile * static_cast<double>(values.size())) - 1;
  const auto at = values.begin() + static_cast<ptrdiff_t>(std::clamp(
                                       place, 0.0, static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace barker

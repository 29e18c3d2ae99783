#include "models/experiment/adjust.h"

#include <algorithm>
#include <cmath>

namespace barker {
Cuped cuped(const std::vector<Covariances<4>>& arms) {
  using Row = Covariances<4>::Row;
  Covariances<4> all;
  for (const Covariances<4>& arm : arms) all.merge(arm);
  // Before the experiment the arms are alike, and one ratio holds for all of them.
  const double shown = all.mean(3), rate = shown > 0 ? all.mean(2) / shown : 0;
  const Row before = {0, 0, 1, -rate};
  struct Arm {
    ArmMoments plain;
    double covariance = 0, variance = 0, mean = 0;  // of what explains; with the metric
  };
  std::vector<Arm> parts;
  double covariance = 0, variance = 0, metric_variance = 0, units = 0, before_mean = 0;
  for (const Covariances<4>& arm : arms) {
    Arm& part = parts.emplace_back();
    part.plain = ratio_moments(arm, 0, 1);
    const Row metric = {1 / arm.mean(1), -part.plain.mean / arm.mean(1), 0, 0};
    for (size_t i = 0; i < metric.size(); ++i) {
      for (size_t j = 0; j < before.size(); ++j) {
        part.covariance += metric[i] * before[j] * arm.covariance(i, j);
      }
    }
    part.variance = arm.variance_of(before);
    part.mean = arm.mean(2) - rate * arm.mean(3);
    const double n = arm.units();
    if (n < 2) continue;
    covariance += (n - 1) * part.covariance;
    variance += (n - 1) * part.variance;
    metric_variance += (n - 1) * part.plain.variance;
    units += n;
    before_mean += n * part.mean;
  }
  Cuped result;
  result.theta = variance > 0 ? covariance / variance : 0;
  before_mean /= units;
  double left = 0;
  for (const Arm& part : parts) {
    ArmMoments moments = part.plain;
    moments.mean -= result.theta * (part.mean - before_mean);
    moments.variance += result.theta * (result.theta * part.variance - 2 * part.covariance);
    moments.variance = std::max(0.0, moments.variance);
    if (moments.units >= 2) left += (moments.units - 1) * moments.variance;
    result.arms.push_back(moments);
  }
  result.variance_removed = metric_variance > 0 ? 1 - left / metric_variance : NAN;
  return result;
}

PostStratified post_stratify(const std::vector<std::vector<Covariances<4>>>& strata) {
  PostStratified result;
  const size_t count = strata.empty() ? 0 : strata[0].size();
  std::vector<double> size(count);
  double all = 0, used = 0;
  for (size_t s = 0; s < count; ++s) {
    bool complete = true;
    double units = 0;
    for (const auto& arm : strata) {
      units += arm[s].units();
      complete &= arm[s].units() >= 2;
    }
    all += units;
    size[s] = complete ? units : 0;
    used += size[s];
  }
  result.units_used = all > 0 ? used / all : NAN;
  for (const auto& arm : strata) {
    double y = 0, x = 0, units = 0, variance = 0;
    for (size_t s = 0; s < count; ++s) {
      if (size[s] == 0) continue;
      y += size[s] / used * arm[s].mean(0);
      x += size[s] / used * arm[s].mean(1);
      units += arm[s].units();
    }
    if (!(x > 0)) {
      result.arms.emplace_back();
      continue;
    }
    for (size_t s = 0; s < count; ++s) {
      if (size[s] == 0) continue;
      const double weight = size[s] / used;
      variance += weight * weight * arm[s].variance_of({1 / x, -y / x / x, 0, 0}) / arm[s].units();
    }
    result.arms.push_back({units, y / x, variance * units});
  }
  return result;
}

}  // namespace barker

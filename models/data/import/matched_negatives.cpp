#include "models/data/import/matched_negatives.h"

#include <algorithm>

namespace barker {
namespace {

constexpr double kSmoothing = 0.02;  // so that a candidate without a positive can still be drawn
constexpr int kFittingRounds = 20, kMostDraws = 2000;

void normalise(std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  for (double& v : values) v /= sum;
}

// One round of fitting: multiplies each weight by how much too rarely its candidate is expected.
void fit_once(const PositiveLog& log, const std::vector<double>& target,
              std::vector<double>& weights) {
  double sum = 0, scale_sum = 0;
  for (const double w : weights) sum += w;
  std::vector<double> excluded_scale(weights.size());
  for (const auto* event : log.excluded) {
    double out = 0;
    for (const uint32_t j : *event) out += weights[j];
    const double scale = 1 / std::max(sum - out, 1e-6);
    scale_sum += scale;
    for (const uint32_t j : *event) excluded_scale[j] += scale;
  }
  const auto events = static_cast<double>(log.excluded.size());
  for (size_t j = 0; j < weights.size(); ++j) {
    const double expected = weights[j] * (scale_sum - excluded_scale[j]) / events;
    if (expected > 0) weights[j] *= std::clamp(target[j] / expected, 1 / 3.0, 3.0);
  }
  normalise(weights);
}

}  // namespace

std::vector<double> fit_cumulative_weights(size_t candidates, const PositiveLog& log) {
  std::vector<double> target(candidates, kSmoothing);
  for (const uint32_t p : log.positives) target[p] += 1;
  normalise(target);
  std::vector<double> weights = target;
  for (int round = 0; round < kFittingRounds; ++round) fit_once(log, target, weights);
  for (size_t j = 1; j < candidates; ++j) weights[j] += weights[j - 1];
  return weights;
}

std::vector<uint32_t> draw_matched(KeyedRandom random, const std::vector<double>& cumulative,
                                   const std::vector<uint32_t>& excluded) {
  std::vector<uint32_t> drawn;
  if (cumulative.empty()) return drawn;
  for (int i = 0; i < kMostDraws && drawn.size() < kMatchedNegatives; ++i) {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(),
                                     random.uniform() * cumulative.back());
    const auto j = static_cast<uint32_t>(std::min<ptrdiff_t>(
        at - cumulative.begin(), static_cast<ptrdiff_t>(cumulative.size()) - 1));
    if (std::find(excluded.begin(), excluded.end(), j) == excluded.end()) drawn.push_back(j);
  }
  if (drawn.size() < kMatchedNegatives) drawn.clear();
  return drawn;
}

}  // namespace barker

#include "models/train/keyword_trend.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"
#include "models/base/number_text.h"

namespace barker {
TrendCounts::TrendCounts(uint32_t keywords, double half_life, int64_t newest)
    : half_life_(half_life), newest_(newest), clicked_(keywords), expected_(keywords) {}

bool TrendCounts::is_forgotten(int64_t time) const {
  constexpr double kHalfLives = 20;
  return static_cast<double>(newest_ - time) > kHalfLives * half_life_;
}

void TrendCounts::add(const SearchView& search, std::span<const float> logits,
                      std::span<const float> weights) {
  const double fresh = std::exp2(-static_cast<double>(newest_ - search.time) / half_life_);
  for (size_t i = 0; i < search.sfs.size(); ++i) {
    if (search.sfs[i] == kUnknownKeyword) continue;
    const double weight = fresh * (weights.empty() ? 1.0 : weights[i]);
    clicked_[search.sfs[i]] += weight * search.sf_clicked[i];
    expected_[search.sfs[i]] += weight * sigmoid(double{logits[i]});
    clicks_ += search.sf_clicked[i];
    shown_ += 1;
  }
}

std::vector<float> TrendCounts::residuals() const {
  std::vector<float> out(clicked_.size());
  if (clicks_ == 0) return out;
  const double prior = kTrendPrior * clicks_ / shown_;
  for (size_t k = 0; k < out.size(); ++k) {
    out[k] = static_cast<float>(std::log((clicked_[k] + prior) / (expected_[k] + prior)));
  }
  return out;
}

TrendFit fit_trend(std::span<const float> logits, std::span<const float> residuals,
                   std::span<const uint8_t> clicked, std::span<const float> weights) {
  double coefficient = 0, offset = 0, variance = 0;
  // The function is convex, so Newton's method finds its minimum.
  for (int iteration = 0; iteration < 50; ++iteration) {
    double g0 = 0, g1 = 0, h00 = 1e-6, h01 = 0, h11 = 1e-6;
    for (size_t i = 0; i < logits.size(); ++i) {
      const double x = residuals[i], p = sigmoid(logits[i] + coefficient * x + offset);
      const double w = weights.empty() ? 1.0 : weights[i];
      const double error = w * (p - clicked[i]), weight = w * p * (1 - p);
      g0 += error * x;
      g1 += error;
      h00 += weight * x * x;
      h01 += weight * x;
      h11 += weight;
    }
    const double determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) return {};
    const double step = (h11 * g0 - h01 * g1) / determinant;
    const double step_offset = (h00 * g1 - h01 * g0) / determinant;
    coefficient -= std::clamp(step, -1.0, 1.0);
    offset -= std::clamp(step_offset, -1.0, 1.0);
    variance = h11 / determinant;
    if (std::abs(step) + std::abs(step_offset) < 1e-9) break;
  }
  if (!std::isfinite(coefficient) || !std::isfinite(offset)) return {};
  return {coefficient, std::sqrt(variance)};
}

std::string KeywordTrend::text() const {
  if (!was_sought) return {};
  std::string out = "trend of keywords: coefficient " + number_text(fit.coefficient, 3) +
                    ", standard error " + number_text(fit.deviation, 3);
  if (shift.empty()) return out + ": not surely above 0, so nothing is added";
  return out + "; validation AUC " + number_text(auc_without, 4) + " without, " +
         number_text(auc_with, 4) + " with it";
}

}  // namespace barker

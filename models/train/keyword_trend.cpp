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

TrendFit fit_trend(std::span<const float> logits, std::span<const uint32_t> keywords,
                   std::span<const float> residuals, std::span<const uint8_t> clicked,
                   std::span<const float> weights) {
  const auto failed = [](const char* why) { return TrendFit{.failure = why}; };
  const auto residual = [&](size_t i) {
    return keywords[i] == kUnknownKeyword ? 0.0 : double{residuals[keywords[i]]};
  };
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < logits.size(); ++i) {
    low = std::min(low, residual(i));
    high = std::max(high, residual(i));
  }
  if (!(low < high))
    return failed("the clicks on all keywords of the validation split moved alike");
  double coefficient = 0, offset = 0;
  double step = INFINITY, step_offset = 0;
  double a0 = 0, a1 = 0;  // the first row of H^-1
  // The function is convex, so Newton's method finds its minimum.
  for (int iteration = 0; iteration < 50; ++iteration) {
    double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      const double x = residual(i), p = sigmoid(logits[i] + coefficient * x + offset);
      const double w = weights.empty() ? 1.0 : weights[i];
      const double error = w * (p - clicked[i]), weight = w * p * (1 - p);
      g0 += error * x;
      g1 += error;
      h00 += weight * x * x;
      h01 += weight * x;
      h11 += weight;
    }
    const double determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) return failed("the equations for it have no single solution");
    a0 = h11 / determinant;
    a1 = -h01 / determinant;
    step = a0 * g0 + a1 * g1;
    step_offset = (h00 * g1 - h01 * g0) / determinant;
    coefficient -= std::clamp(step, -1.0, 1.0);
    offset -= std::clamp(step_offset, -1.0, 1.0);
    if (std::abs(step) + std::abs(step_offset) < 1e-9) break;
  }
  if (!(std::abs(step) + std::abs(step_offset) < 1e-6)) {
    return failed("the likelihood has no maximum that 50 steps reach");
  }
  // The influence of a term on c is (a0, a1) times its score.
  std::vector<double> of_keyword(residuals.size());
  std::vector<bool> is_there(residuals.size());
  double by_term = 0, by_keyword = 0, groups = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double x = residual(i), p = sigmoid(logits[i] + coefficient * x + offset);
    const double w = weights.empty() ? 1.0 : weights[i];
    const double influence = w * (p - clicked[i]) * (a0 * x + a1);
    by_term += influence * influence;
    if (keywords[i] == kUnknownKeyword) {  // nobody knows which of them are the same
      by_keyword += influence * influence;
      groups += 1;
    } else {
      of_keyword[keywords[i]] += influence;
      is_there[keywords[i]] = true;
    }
  }
  for (size_t k = 0; k < of_keyword.size(); ++k) {
    by_keyword += of_keyword[k] * of_keyword[k];
    groups += is_there[k] ? 1 : 0;
  }
  by_keyword *= groups / (groups - 1);  // r differs, so that there are two of them at least
  return {coefficient, std::sqrt(std::max(by_term, by_keyword))};
}

std::string KeywordTrend::text() const {
  if (!was_sought) return {};
  if (fit.failure) {
    return std::string("trend of keywords: no coefficient was found, because ") + fit.failure +
           ", so nothing is added";
  }
  std::string out = "trend of keywords: coefficient " + number_text(fit.coefficient, 3) +
                    ", standard error " + number_text(fit.deviation, 3);
  if (shift.empty()) return out + ": not surely above 0, so nothing is added";
  return out + "; validation AUC " + number_text(auc_without, 4) + " without, " +
         number_text(auc_with, 4) + " with it";
}

}  // namespace barker

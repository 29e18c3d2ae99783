#include "models/train/keyword_trend.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"
#include "models/base/number_text.h"
#include "models/train/logistic_line.h"

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
  std::vector<float> of_term(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    if (keywords[i] != kUnknownKeyword) of_term[i] = residuals[keywords[i]];
  }
  const auto [least, most] = std::ranges::minmax_element(of_term);
  if (least == of_term.end() || !(*least < *most)) {
    return failed("the clicks on all keywords of the validation split moved alike");
  }
  const LogisticTerms terms = {logits, of_term, clicked, weights};
  const LogisticLine line = fit_logistic_line(terms, {}, 0);
  if (line.is_singular) return failed("the equations for it have no single solution");
  if (!line.is_found) return failed("the likelihood has no maximum that 50 steps reach");
  // The influence of a term on c is the row of the inverse Hessian times its score.
  std::vector<double> of_keyword(residuals.size());
  std::vector<bool> is_there(residuals.size());
  double by_term = 0, by_keyword = 0, groups = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double error = sigmoid(terms.logit(i, line.slope, line.intercept)) - clicked[i];
    const double influence =
        terms.weight(i) * error * (line.inverse[0] * of_term[i] + line.inverse[1]);
    by_term += influence * influence;
    if (keywords[i] == kUnknownKeyword) {  // which of them are the same is not known
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
  return {line.slope, std::sqrt(std::max(by_term, by_keyword))};
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

// The likeliest line of logits: what calibration (calibration.h) and the trend of keywords
// (keyword_trend.h) fit. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace barker {

// Terms of sigma(base + slope x + intercept).
struct LogisticTerms {
  std::span<const float> base;  // empty: each is 0
  std::span<const float> x;
  std::span<const uint8_t> clicked;
  std::span<const float> weights;  // empty: each is 1

  double logit(size_t i, double slope, double intercept) const {
    return (base.empty() ? 0.0 : double{base[i]}) + slope * double{x[i]} + intercept;
  }
  double weight(size_t i) const { return weights.empty() ? 1.0 : double{weights[i]}; }
};

struct LogisticLine {
  double slope = 0, intercept = 0;
  double inverse[2] = {0, 0};  // of the Hessian: the row of the slope
  bool is_singular = false;    // the Hessian was; slope and intercept are those before
  bool is_found = false;       // the last step was below 1e-6
};

// Minimises the negative log-likelihood, to whose Hessian's diagonal `ridge` is added, from `start`
// by Newton's method. It is convex, so that there is one minimum; a step is at most 1 in each
// direction, and there are at most 50.
LogisticLine fit_logistic_line(const LogisticTerms& terms, LogisticLine start, double ridge);

}  // namespace barker

#include "models/train/logistic_line.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"

namespace barker {

LogisticLine fit_logistic_line(const LogisticTerms& terms, LogisticLine start, double ridge) {
  constexpr int kMostSteps = 50;
  LogisticLine line = start;
  for (int step = 0; step < kMostSteps; ++step) {
    double g0 = 0, g1 = 0, h00 = ridge, h01 = 0, h11 = ridge;
    for (size_t i = 0; i < terms.x.size(); ++i) {
      const double x = terms.x[i], p = sigmoid(terms.logit(i, line.slope, line.intercept));
      const double error = terms.weight(i) * (p - terms.clicked[i]);
      const double weight = terms.weight(i) * p * (1 - p);
      g0 += error * x;
      g1 += error;
      h00 += weight * x * x;
      h01 += weight * x;
      h11 += weight;
    }
    const double determinant = h00 * h11 - h01 * h01;
    line.is_singular = !(determinant > 0);
    if (line.is_singular) return line;
    line.inverse[0] = h11 / determinant;
    line.inverse[1] = -h01 / determinant;
    const double of_slope = line.inverse[0] * g0 + line.inverse[1] * g1;
    const double of_intercept = (h00 * g1 - h01 * g0) / determinant;
    line.slope -= std::clamp(of_slope, -1.0, 1.0);
    line.intercept -= std::clamp(of_intercept, -1.0, 1.0);
    const double size = std::abs(of_slope) + std::abs(of_intercept);
    line.is_found = size < 1e-6;
    if (size < 1e-9) break;
  }
  return line;
}

}  // namespace barker

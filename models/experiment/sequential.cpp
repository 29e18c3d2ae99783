#include "models/experiment/sequential.h"

#include <algorithm>

namespace barker {

double sequence_rho(double tuned_units, double alpha) {
  const double l = -2 * std::log(alpha);
  return std::sqrt((l + std::log(l + 1)) / tuned_units);
}

Effect confidence_sequence(const Effect& effect, double units, double tuned_units, double level) {
  Effect sequence;
  sequence.value = effect.value;
  sequence.standard_error = effect.standard_error;
  if (!(effect.standard_error > 0) || !(units > 0)) return sequence;
  const double alpha = 1 - level, rho = sequence_rho(tuned_units, alpha);
  const double grown = units * rho * rho + 1;
  // With s^2 = se^2 n as the variance of one unit, n cancels but for what stands here.
  const double scale = grown / (units * rho * rho);
  const double wide =
      effect.standard_error * std::sqrt(2 * scale * std::log(std::sqrt(grown) / alpha));
  sequence.low = effect.value - wide;
  sequence.high = effect.value + wide;
  // The alpha at which the bound is zero, with rho as it was tuned for this level.
  const double z = effect.value / effect.standard_error;
  sequence.p = std::min(1.0, std::sqrt(grown) * std::exp(-z * z / (2 * scale)));
  return sequence;
}

double mixture_sprt_p(const Effect& effect, double spread) {
  const double v = effect.standard_error * effect.standard_error, t = spread * spread;
  if (!(v > 0) || !(t > 0) || !std::isfinite(effect.value)) return NAN;
  const double log_ratio =
      0.5 * std::log(v / (v + t)) + t / (v + t) * (effect.value * effect.value / v) / 2;
  return std::min(1.0, std::exp(-log_ratio));
}

}  // namespace barker

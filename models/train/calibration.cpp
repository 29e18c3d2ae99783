#include "models/train/calibration.h"

#include <cmath>

#include "models/train/logistic_line.h"

namespace barker {

Calibration calibrate(std::span<const float> logits, std::span<const uint8_t> clicked,
                      std::span<const float> weights) {
  constexpr double kRidge = 1e-6;  // where all logits are equal, the scale stays
  const LogisticLine line = fit_logistic_line({{}, logits, clicked, weights}, {1}, kRidge);
  const Calibration c = {line.slope, line.intercept};
  // A scale that is not positive would reverse the order: the logits say nothing about clicks.
  const bool usable = std::isfinite(c.scale) && std::isfinite(c.offset) && c.scale > 0.05;
  return usable ? c : Calibration{};
}

}  // namespace barker

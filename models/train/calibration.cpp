#include "models/train/calibration.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"

namespace barker {

Calibration calibrate(std::span<const float> logits, std::span<const uint8_t> clicked,
                      std::span<const float> weights) {
  Calibration c;
  // The function is convex, so Newton's method finds its minimum.
  for (int iteration = 0; iteration < 50; ++iteration) {
    double g0 = 0, g1 = 0, h00 = 1e-6, h01 = 0, h11 = 1e-6;
    for (size_t i = 0; i < logits.size(); ++i) {
      const double x = logits[i], p = sigmoid(c.scale * x + c.offset);
      const double w = weights.empty() ? 1.0 : weights[i];
      const double error = w * (p - clicked[i]), weight = w * p * (1 - p);
      g0 += error * x;
      g1 += error;
      h00 += weight * x * x;
      h01 += weight * x;
      h11 += weight;
    }
    const double determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 0)) break;
    const double step_scale = (h11 * g0 - h01 * g1) / determinant;
    const double step_offset = (h00 * g1 - h01 * g0) / determinant;
    c.scale -= std::clamp(step_scale, -1.0, 1.0);
    c.offset -= std::clamp(step_offset, -1.0, 1.0);
    if (std::abs(step_scale) + std::abs(step_offset) < 1e-9) break;
  }
  // A scale that is not positive would reverse the order: the logits say nothing about clicks.
  const bool usable = std::isfinite(c.scale) && std::isfinite(c.offset) && c.scale > 0.05;
  return usable ? c : Calibration{};
}

}  // namespace barker

// Adam (Kingma and Ba 2015) on plain arrays.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace barker {

struct AdamStep {
  double rate;
  int64_t number;  // how many steps these values have taken, this one included
};

// Moves values [size] by one step and updates their first and second moments [size].
inline void adam(const AdamStep& step, const float* gradient, size_t size, float* values,
                 float* first, float* second) {
  constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;
  const auto count = static_cast<double>(step.number);
  const auto rate = static_cast<float>(step.rate / (1 - std::pow(0.9, count)));
  const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, count)));
  for (size_t i = 0; i < size; ++i) {
    first[i] = kBeta1 * first[i] + (1 - kBeta1) * gradient[i];
    second[i] = kBeta2 * second[i] + (1 - kBeta2) * gradient[i] * gradient[i];
    values[i] -= rate * first[i] / (std::sqrt(second[i]) * correction + kEpsilon);
  }
}

}  // namespace barker

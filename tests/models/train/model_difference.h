// How far the weights of two trainings are apart.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/train/trainer.h"

namespace barker {

// For trainings that take sums in different orders: their last bits differ, and Adam's steps
// magnify that where a gradient is near 0. So the bound is that of one whole step.
inline void expect_nearly_equal(const Trained& a, const Trained& b) {
  for (const auto& [name, values] : a.model.tensors) {
    const std::vector<float>& other = b.model.tensors.at(name);
    ASSERT_EQ(values.size(), other.size());
    double largest = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_TRUE(std::isfinite(values[i]) && std::isfinite(other[i])) << name;
      largest = std::max(largest, std::abs(double{values[i]} - other[i]));
    }
    EXPECT_LT(largest, 2e-3) << name;
  }
  EXPECT_NEAR(a.validation_auc, b.validation_auc, 1e-3);
}

}  // namespace barker

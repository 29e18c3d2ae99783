// The logistic function, which makes a probability of a logit.
#pragma once

#include <cmath>

namespace barker {

inline double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

}  // namespace barker

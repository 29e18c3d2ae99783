// Quantiles of measured times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace barker {

// The value that a share of the others does not exceed; 0 of none. share: 0 to 1.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace barker

// The sections of a dataset that say how what was shown came to be shown: propensities, positions
// and the selling points (SPs) before titles. Each is left empty where the log says nothing of the
// kind, so that a log without them takes no more room. Part of the dataset's writer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>

#include "models/data/dataset_columns.h"
#include "models/data/dataset_format.h"
#include "models/data/dataset_numbering.h"

namespace barker {

// A propensity as columns hold it: one that is too small for a float stays above 0, and NaN stays.
inline float spooled_propensity(double propensity) {
  constexpr float kLeast = std::numeric_limits<float>::min();
  return propensity < kLeast ? kLeast : static_cast<float>(propensity);
}

class DatasetExposure {
 public:
  // The columns must be finished. Both are referred to later.
  DatasetExposure(const DatasetColumns& columns, const DatasetNumbering& numbers);

  uint64_t size(dataset_format::Section section) const;  // bytes
  // Fills the sections. `at` says where a section begins in the mapped file.
  void write(const std::function<std::byte*(dataset_format::Section)>& at) const;

 private:
  // Of the SFs that are kept, or of the ads: what the log says of any of them.
  struct Kind {
    uint64_t shown = 0;
    bool has_propensities = false, has_positions = false;
  };

  // Calls visit(what was shown, its number from 0) for the SFs that are kept.
  template <typename Visit>
  void for_each_sf(Visit visit) const;

  const DatasetColumns& c_;
  const DatasetNumbering& numbers_;
  Kind sfs_, ads_;
};

}  // namespace barker

// Counts that several baselines start from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"

namespace barker {

// Click rates of keywords over the SFs of the given searches, shrunk to the overall rate. add() is
// called for each search, then finish() once, then the others.
class Popularity {
 public:
  void add(const SearchView& search);
  void finish(uint32_t keywords);

  double rate() const { return rate_; }        // overall, g; 0.5 if nothing was shown
  double operator[](uint32_t keyword) const {  // g for kUnknownKeyword
    return keyword < popularity_.size() ? popularity_[keyword] : rate_;
  }
  double shown(uint32_t keyword) const { return keyword < shown_.size() ? shown_[keyword] : 0; }

 private:
  std::vector<double> clicks_, shown_, popularity_;
  double rate_ = 0;
};

// Whether each SF of the searches was clicked, in their order.
std::vector<uint8_t> clicks_of(const Dataset& data, std::span<const uint32_t> searches);
// The same of a split, in the order of predictions.
std::vector<uint8_t> clicks_of(const Dataset& data, Split split);

// The searches of the training split with SFs, oldest first.
std::vector<uint32_t> training_searches_by_time(const Dataset& data);

// Training searches of which the first ones are counted and the others are learned from, so that no
// count contains the click that it explains. Searches at the border's time are all learned from.
struct StatisticsWindow {
  int64_t border = 0;             // counted are the searches before this time
  std::vector<uint32_t> learned;  // the others, oldest first
};
// About this share of the training split's searches with SFs is counted. `share` is in [0, 1).
StatisticsWindow statistics_window(const Dataset& data, double share);

// bad_data, with the numbers found, if there are not both clicked SFs and others.
Status check_both_classes(std::span<const uint8_t> clicked);

// A sparse row of a matrix; columns ascend.
struct SparseRow {
  std::vector<uint32_t> columns;
  std::vector<float> values;
};

// Makes a row of entries in any order; the values of equal columns are added.
SparseRow sparse_row(std::vector<std::pair<uint32_t, float>> entries);

}  // namespace barker

// Counts every baseline starts from.
#pragma once

#include <cstdint>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

// Shrunk click rates of keywords over the given searches' SFs.
class Popularity {
 public:
  void add(const SearchView& search);
  void finish(uint32_t keywords);

  double rate() const { return rate_; }        // overall, g
  double operator[](uint32_t keyword) const {  // kUnknownKeyword: g
    return keyword < popularity_.size() ? popularity_[keyword] : rate_;
  }
  double shown(uint32_t keyword) const { return keyword < shown_.size() ? shown_[keyword] : 0; }

 private:
  std::vector<double> clicks_, shown_, popularity_;
  double rate_ = 0;
};

// A sparse row: what a user clicked, by keyword or attribute, ascending.
struct SparseRow {
  std::vector<uint32_t> columns;
  std::vector<float> values;
};

// Sums repeated columns and sorts them.
SparseRow sparse_row(std::vector<std::pair<uint32_t, float>> entries);

}  // namespace barker

#include "models/baselines/nearest_users.h"

#include <algorithm>
#include <cmath>

namespace barker {

namespace {

// Makes a row one of length 1. A row of zeros has no direction and becomes empty.
void normalise(SparseRow& row) {
  double square = 0;
  for (const float v : row.values) square += double{v} * v;
  if (square == 0) {
    row = {};
    return;
  }
  for (float& v : row.values) v = static_cast<float>(v / std::sqrt(square));
}

}  // namespace

NearestUsers::NearestUsers(std::vector<SparseRow> rows) : rows_(std::move(rows)) {
  for (uint32_t u = 0; u < rows_.size(); ++u) {
    normalise(rows_[u]);
    for (size_t i = 0; i < rows_[u].columns.size(); ++i) {
      const uint32_t column = rows_[u].columns[i];
      if (column >= postings_.size()) postings_.resize(column + 1);
      postings_[column].push_back({u, rows_[u].values[i]});
    }
  }
}

std::vector<Neighbour> NearestUsers::of(const SparseRow& row, uint32_t self, size_t count,
                                        Scratch& scratch) const {
  scratch.resize(rows_.size());
  SparseRow of_length_1 = row;
  normalise(of_length_1);
  std::vector<uint32_t> met;
  for (size_t i = 0; i < of_length_1.columns.size(); ++i) {
    if (of_length_1.columns[i] >= postings_.size()) continue;
    for (const Neighbour& n : postings_[of_length_1.columns[i]]) {
      if (n.user == self) continue;
      if (scratch[n.user] == 0) met.push_back(n.user);
      scratch[n.user] += n.similarity * of_length_1.values[i];
    }
  }
  std::vector<Neighbour> found;
  for (const uint32_t other : met) {
    if (scratch[other] > 0) found.push_back({other, scratch[other]});
    scratch[other] = 0;
  }
  count = std::min(count, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(count), found.end(),
                    [](const Neighbour& a, const Neighbour& b) {
                      return a.similarity != b.similarity ? a.similarity > b.similarity
                                                          : a.user < b.user;
                    });
  found.resize(count);
  return found;
}

}  // namespace barker

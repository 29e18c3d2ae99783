#include "models/baselines/nearest_users.h"

#include <algorithm>
#include <cmath>

namespace barker {

NearestUsers::NearestUsers(std::vector<SparseRow> rows) : rows_(std::move(rows)) {
  for (uint32_t u = 0; u < rows_.size(); ++u) {
    SparseRow& row = rows_[u];
    double square = 0;
    for (const float v : row.values) square += double{v} * v;
    for (size_t i = 0; i < row.columns.size() && square > 0; ++i) {
      row.values[i] = static_cast<float>(row.values[i] / std::sqrt(square));
      if (row.columns[i] >= postings_.size()) postings_.resize(row.columns[i] + 1);
      postings_[row.columns[i]].push_back({u, row.values[i]});
    }
    // A row of zeros has no direction, so it has no neighbours and is nobody's neighbour.
    if (square == 0) row = {};
  }
  similarity_.resize(rows_.size());
}

std::vector<Neighbour> NearestUsers::of(uint32_t user, size_t count) {
  std::vector<uint32_t> met;
  for (size_t i = 0; i < rows_[user].columns.size(); ++i) {
    for (const Neighbour& n : postings_[rows_[user].columns[i]]) {
      if (n.user == user) continue;
      if (similarity_[n.user] == 0) met.push_back(n.user);
      similarity_[n.user] += n.similarity * rows_[user].values[i];
    }
  }
  std::vector<Neighbour> found;
  for (const uint32_t other : met) {
    if (similarity_[other] > 0) found.push_back({other, similarity_[other]});
    similarity_[other] = 0;
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

// Exact nearest neighbours of users by cosine similarity, with an inverted index. One thread: a
// query uses scratch memory of the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/baselines/statistics.h"

namespace barker {

struct Neighbour {
  uint32_t user;
  float similarity;
};

class NearestUsers {
 public:
  explicit NearestUsers(std::vector<SparseRow> rows);  // by user

  // Up to `count` other users of positive similarity, the most similar first, equal ones by number.
  std::vector<Neighbour> of(uint32_t user, size_t count);

  const SparseRow& row(uint32_t user) const { return rows_[user]; }  // of length 1

 private:
  std::vector<SparseRow> rows_;
  std::vector<std::vector<Neighbour>> postings_;  // by column
  std::vector<float> similarity_;                 // by user, all zero between queries
};

}  // namespace barker

// Exact nearest neighbours of users by cosine similarity, with an inverted index. Immutable after
// construction; any thread, each with scratch memory of its own.
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

  using Scratch = std::vector<float>;  // by user, all zero between queries; begins empty

  // Up to `count` users other than `self` whose rows are like this one, the most similar first,
  // equal ones by number. `row` need not have the length 1.
  std::vector<Neighbour> of(const SparseRow& row, uint32_t self, size_t count,
                            Scratch& scratch) const;

  const SparseRow& row(uint32_t user) const { return rows_[user]; }  // of length 1

 private:
  std::vector<SparseRow> rows_;
  std::vector<std::vector<Neighbour>> postings_;  // by column
};

}  // namespace barker

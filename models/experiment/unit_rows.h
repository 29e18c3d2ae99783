// Rows of units on disk, so that a table or a log may be larger than memory: they are divided by a
// hash of the unit into parts that fit, and read part by part with a unit's rows together. One
// thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/spool.h"

namespace barker {

// Row is trivially copyable and has a 64-bit `key` that is spread evenly over all numbers.
template <typename Row>
class PartitionedRows {
 public:
  // 100 million rows of 64 bytes are 64 parts of 100 MB.
  static constexpr size_t kParts = 64;

  // The files are in this directory and have no name: nothing of them stays.
  Status create(const std::string& directory) {
    for (Spool<Row>& part : parts_) {
      if (Status s = part.create(directory + "/barker"); !s.ok()) return s;
    }
    return {};
  }

  void add(const Row& row) { parts_[row.key >> 58].append(row); }

  // Calls `use` with the rows of each part in the order of `less`, and forgets them. Rows of one key
  // are in one part. An error is one of the disk, or of `use`.
  template <typename Less, typename Use>
  Status take_parts(Less less, Use use) {
    static_assert(kParts == 1 << 6);
    for (Spool<Row>& part : parts_) {
      if (Status s = part.finish(); !s.ok()) return s;
      std::vector<Row> rows(part.values().begin(), part.values().end());
      part = Spool<Row>();
      std::sort(rows.begin(), rows.end(), less);
      if (Status s = use(rows); !s.ok()) return s;
    }
    return {};
  }

 private:
  std::array<Spool<Row>, kParts> parts_;
};

}  // namespace barker

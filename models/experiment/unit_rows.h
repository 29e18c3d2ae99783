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
  // 100 million rows of 64 bytes are 128 parts of 50 MB.
  static constexpr size_t kParts = 128;

  // The files are in this directory and have no name: nothing of them stays.
  Status create(const std::string& directory) {
    for (Spool<Row>& part : parts_) {
      if (Status s = part.create(directory + "/barker"); !s.ok()) return s;
    }
    return {};
  }

  void add(const Row& row) { parts_[row.key >> 57].append(row); }

  // Calls `use` with the rows of each part in the order of `less`, and forgets them. Rows of one
  // key are in one part. An error is one of the disk, or of `use`.
  template <typename Less, typename Use>
  Status take_parts(Less less, Use use) {
    static_assert(kParts == 1 << 7);
    for (size_t part = 0; part < kParts; ++part) {
      std::vector<Row> rows;
      if (Status s = take_part(part, less, rows); !s.ok()) return s;
      if (Status s = use(rows); !s.ok()) return s;
    }
    return {};
  }

  // The rows of one part alone.
  template <typename Less>
  Status take_part(size_t part, Less less, std::vector<Row>& rows) {
    if (Status s = parts_[part].finish(); !s.ok()) return s;
    rows.assign(parts_[part].values().begin(), parts_[part].values().end());
    parts_[part] = Spool<Row>();
    std::sort(rows.begin(), rows.end(), less);
    return {};
  }

 private:
  std::array<Spool<Row>, kParts> parts_;
};

}  // namespace barker

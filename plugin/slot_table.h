// Numbers distinct embedding rows in the order in which they come: 0, 1, 2, ... A hash table that
// is as large as the query at hand needs, not as the model has rows, so that a thread's memory does
// not grow with the model. One thread at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/weights/vocabulary.h"

namespace barker {

class SlotTable {
 public:
  // Forgets all rows and makes room for `count` distinct ones. Allocates only when it must grow.
  void clear(size_t count) {
    const size_t size = std::bit_ceil(std::max<size_t>(2 * count, 2));  // at most half full
    entries_.assign(size, Entry{kUnknownRow, 0});
    shift_ = 64 - std::countr_zero(size);
    size_ = 0;
  }

  // The slot of a row other than kUnknownRow; `is_new` says whether it got one only now.
  uint32_t find_or_add(uint32_t row, bool& is_new) noexcept {
    // Fibonacci hashing: the upper bits of the product depend on all bits of the row.
    size_t at = static_cast<size_t>((row * uint64_t{0x9E3779B97F4A7C15u}) >> shift_);
    for (;; at = (at + 1) & (entries_.size() - 1)) {
      Entry& entry = entries_[at];
      if (entry.row == row) {
        is_new = false;
        return entry.slot;
      }
      if (entry.row == kUnknownRow) {
        is_new = true;
        entry = {row, size_};
        return size_++;
      }
    }
  }

 private:
  struct Entry {
    uint32_t row;
    uint32_t slot;
  };
  std::vector<Entry> entries_;
  int shift_ = 0;
  uint32_t size_ = 0;  // rows in the table
};

}  // namespace barker

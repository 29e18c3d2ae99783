// Which keywords are in a user's history, and with what share: a hash table of the history's rows
// that is filled once per query, so that exact match costs one look-up per candidate.
//
// Part of one thread's workspace. After reserve(), nothing allocates.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "scoring/kernels.h"

namespace barker {

class HistoryMatch {
 public:
  // Makes room for histories of up to `most_rows` > 0 different rows and forgets the one that it
  // holds. Throws std::bad_alloc.
  void reserve(size_t most_rows) {
    const size_t wanted = std::bit_ceil(2 * most_rows);  // at least half of the slots stay free
    if (slots_.size() < wanted) slots_.assign(wanted, Slot());
    used_.reserve(slots_.size() / 2);
    shift_ = static_cast<uint32_t>(32 - std::countr_zero(slots_.size()));
    clear();
  }

  // The history has at most as many different rows as reserve() made room for. share(v) is
  // the weight of v in the mean of Eq. 4: sum of the weights of v / sum of all weights, and 0 where
  // the mean is the zero vector.
  void set(const Bag& history) noexcept {
    clear();
    float total = 0;
    for (size_t i = 0; i < history.count; ++i) {
      const float weight = history.weights ? history.weights[i] : 1.0f;
      total += weight;
      const size_t at = find(history.rows[i]);
      Slot& slot = slots_[at];
      if (slot.row == kFree) {
        assert(used_.size() < slots_.size() / 2);
        if (used_.size() == slots_.size() / 2) continue;  // look-ups must end at a free slot
        used_.push_back(static_cast<uint32_t>(at));
        slot = {history.rows[i], 0};
      }
      slot.weight += weight;
    }
    const bool is_mean = total >= kLeastTotal;
    for (const uint32_t at : used_) {
      slots_[at].weight = is_mean ? slots_[at].weight / total : 0;
    }
  }

  // Nothing where the row is not in the history.
  std::optional<float> share(uint32_t row) const noexcept {
    const Slot& slot = slots_[find(row)];
    if (slot.row == kFree) return std::nullopt;
    return slot.weight;
  }

 private:
  static constexpr uint32_t kFree = ~uint32_t{0};  // no row of a table (models/weights/format.h)
  struct Slot {
    uint32_t row = kFree;
    float weight = 0;
  };

  void clear() noexcept {
    for (const uint32_t at : used_) slots_[at] = Slot();
    used_.clear();
  }

  // The slot of a row, or the free one where it would stand: linear probing from Knuth's
  // multiplicative hash (The Art of Computer Programming, volume 3, 6.4).
  size_t find(uint32_t row) const noexcept {
    size_t at = (row * uint32_t{2654435769}) >> shift_;
    while (slots_[at].row != row && slots_[at].row != kFree) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::vector<uint32_t> used_;
  uint32_t shift_ = 0;
};

}  // namespace barker

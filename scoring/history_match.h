// Which keywords are in a user's history, with what share and how long ago: a hash table of the
// history's rows that is filled once per query, so that a match costs one look-up per candidate.
//
// Part of one thread's workspace. After reserve(), nothing allocates.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/weights/format.h"
#include "scoring/kernels.h"

namespace barker {

class HistoryMatch {
 public:
  // Of a keyword v in a history h whose newest keyword comes first.
  struct Entry {
    float share = 0;  // the weight of v in the mean of Eq. 4; 0 where that is the zero vector
    float last = 0;   // 1 / (1 + the keywords of h before the first v)
    float faded = 0;  // over each v in h: sum of exp(-(the keywords of h before it) / kMatchFade)
  };

  // Makes room for histories of up to `most_rows` > 0 different rows and forgets the one that it
  // holds. Throws std::bad_alloc.
  void reserve(size_t most_rows) {
    const size_t wanted = std::bit_ceil(2 * most_rows);  // at least half of the slots stay free
    if (slots_.size() < wanted) slots_.assign(wanted, Slot());
    used_.reserve(slots_.size() / 2);
    shift_ = static_cast<uint32_t>(32 - std::countr_zero(slots_.size()));
    clear();
  }

  // The history has at most as many different rows as reserve() made room for.
  void set(const Bag& history) noexcept {
    constexpr float kLeastFade = 1e-30f;  // numbers far below are slow to multiply
    clear();
    float total = 0, fade = 1;
    for (size_t i = 0; i < history.count; ++i) {
      const float weight = history.weights ? history.weights[i] : 1.0f;
      total += weight;
      const size_t at = find(history.rows[i]);
      Slot& slot = slots_[at];
      if (slot.row == kFree) {
        assert(used_.size() < slots_.size() / 2);
        if (used_.size() == slots_.size() / 2) continue;  // look-ups must end at a free slot
        used_.push_back(static_cast<uint32_t>(at));
        slot = {history.rows[i], {0, 1 / static_cast<float>(1 + i), 0}};
      }
      slot.entry.share += weight;
      slot.entry.faded += fade;
      fade = fade < kLeastFade ? 0 : fade * fade_;
    }
    const bool is_mean = total >= kLeastTotal;
    for (const uint32_t at : used_) {
      float& share = slots_[at].entry.share;
      share = is_mean ? share / total : 0;
    }
  }

  bool has_any(std::span<const uint32_t> rows) const noexcept {
    return std::ranges::any_of(rows, [this](uint32_t row) { return entry(row) != nullptr; });
  }

  // Null where the row is not in the history.
  const Entry* entry(uint32_t row) const noexcept {
    const Slot& slot = slots_[find(row)];
    return slot.row == kFree ? nullptr : &slot.entry;
  }

 private:
  static constexpr uint32_t kFree = ~uint32_t{0};  // no row of a table (models/weights/format.h)
  struct Slot {
    uint32_t row = kFree;
    Entry entry;
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
  float fade_ = static_cast<float>(std::exp(-1 / kMatchFade));
};

}  // namespace barker

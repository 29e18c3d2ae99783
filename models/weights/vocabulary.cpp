#include "models/weights/vocabulary.h"

#include <algorithm>
#include <bit>
#include <string>

namespace barker {

void Vocabulary::find(std::span<const Fingerprint> fingerprints, uint32_t* rows) const noexcept {
  // A lookup waits for two cache lines: that of the slot, then that of the row's fingerprint. The
  // lookups of a block wait together.
  constexpr size_t kBlock = 32;
  if (slots_.empty()) {
    std::fill_n(rows, fingerprints.size(), kUnknownRow);
    return;
  }
  const size_t mask = slots_.size() - 1;
  for (size_t begin = 0; begin < fingerprints.size(); begin += kBlock) {
    const std::span<const Fingerprint> block =
        fingerprints.subspan(begin, std::min(kBlock, fingerprints.size() - begin));
    for (const Fingerprint f : block) __builtin_prefetch(&slots_[f & mask]);
    for (const Fingerprint f : block) {
      const uint32_t entry = slots_[f & mask];
      if (entry != 0) __builtin_prefetch(&fingerprints_[entry - 1]);
    }
    for (size_t i = 0; i < block.size(); ++i) rows[begin + i] = find(block[i]);
  }
}

Status Vocabulary::check() const {
  const size_t n = fingerprints_.size();
  const auto number = [](uint64_t value) { return std::to_string(value); };
  // Half of the slots must be empty, because an unknown key probes up to the next empty one.
  if (!std::has_single_bit(slots_.size()) || slots_.size() < 2 * n) {
    return bad_data("vocabulary.slots: expected a power of two, at least twice the " + number(n) +
                    " rows, found " + number(slots_.size()));
  }
  if (text_offsets_.size() != n + 1) {
    return bad_data("vocabulary.text_offsets: expected " + number(n + 1) + " entries, found " +
                    number(text_offsets_.size()));
  }
  if (text_offsets_.front() != 0 || text_offsets_.back() != text_.size()) {
    return bad_data("vocabulary.text_offsets: expected to span 0 to " + number(text_.size()) +
                    ", found " + number(text_offsets_.front()) + " to " +
                    number(text_offsets_.back()));
  }
  for (size_t row = 0; row < n; ++row) {
    if (text_offsets_[row] > text_offsets_[row + 1]) {
      return bad_data("vocabulary.text_offsets: descend at row " + number(row));
    }
  }
  // If there are as many filled slots as rows and every row can be found, then no row stands twice.
  // As there are more slots than rows, every search ends at an empty one.
  size_t filled = 0;
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot] == 0) continue;
    if (slots_[slot] > n) {
      return bad_data("vocabulary.slots: slot " + number(slot) + " names row " +
                      number(slots_[slot] - 1) + " of " + number(n));
    }
    ++filled;
  }
  if (filled != n) {
    return bad_data("vocabulary.slots: expected " + number(n) + " filled slots, found " +
                    number(filled));
  }
  constexpr size_t kChunk = 1024;
  uint32_t found[kChunk];
  for (size_t begin = 0; begin < n; begin += kChunk) {
    const auto chunk = fingerprints_.subspan(begin, std::min(kChunk, n - begin));
    find(chunk, found);
    for (size_t i = 0; i < chunk.size(); ++i) {
      if (found[i] == begin + i) continue;
      return bad_data("vocabulary: row " + number(begin + i) +
                      " cannot be found by its fingerprint");
    }
  }
  return {};
}

Result<std::vector<uint32_t>> build_vocabulary_slots(std::span<const Fingerprint> fingerprints) {
  const size_t size = std::bit_ceil(std::max<size_t>(2, fingerprints.size() * 2));
  std::vector<uint32_t> slots(size, 0);
  for (size_t row = 0; row < fingerprints.size(); ++row) {
    size_t slot = fingerprints[row] & (size - 1);
    while (slots[slot] != 0) {
      if (fingerprints[slots[slot] - 1] == fingerprints[row]) {
        return bad_data("vocabulary: rows " + std::to_string(slots[slot] - 1) + " and " +
                        std::to_string(row) + " share a fingerprint");
      }
      slot = (slot + 1) & (size - 1);
    }
    slots[slot] = static_cast<uint32_t>(row + 1);
  }
  return slots;
}

}  // namespace barker

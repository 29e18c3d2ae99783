#include "models/vocabulary.h"

#include <bit>
#include <string>

namespace barker {

Status Vocabulary::check() const {
  const size_t n = fingerprints_.size();
  const auto number = [](uint64_t value) { return std::to_string(value); };
  if (!std::has_single_bit(slots_.size()) || slots_.size() <= n) {
    return bad_data("vocabulary.slots: expected a power of two above " + number(n) +
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
  // With as many filled slots as rows and every row findable, no row can stand twice and, as there
  // are more slots than rows, a probe always meets an empty one.
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
  for (size_t row = 0; row < n; ++row) {
    if (find(fingerprints_[row]) != row) {
      return bad_data("vocabulary: row " + number(row) + " cannot be found by its fingerprint");
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

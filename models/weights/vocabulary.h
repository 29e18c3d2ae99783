// Finds the embedding row of a fingerprint, in a frozen open-addressing table of a weight file. It
// neither locks nor allocates.
//
// The table `slots` has a size that is a power of two and at least 2N. The search for a key begins
// at slot (fingerprint & mask) and goes on slot by slot; a slot holds row + 1, or 0 if it is empty.
// The object is a view that owns nothing. Any thread may use it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

inline constexpr uint32_t kUnknownRow = 0xFFFFFFFFu;

class Vocabulary {
 public:
  Vocabulary() = default;  // empty
  Vocabulary(std::span<const Fingerprint> fingerprints, std::span<const uint32_t> slots,
             std::span<const uint64_t> text_offsets, std::span<const char> text)
      : fingerprints_(fingerprints), slots_(slots), text_offsets_(text_offsets), text_(text) {}

  // Row of a fingerprint, or kUnknownRow.
  uint32_t find(Fingerprint fingerprint) const noexcept {
    if (slots_.empty()) return kUnknownRow;
    const size_t mask = slots_.size() - 1;
    for (size_t slot = fingerprint & mask;; slot = (slot + 1) & mask) {
      const uint32_t entry = slots_[slot];
      if (entry == 0) return kUnknownRow;
      if (fingerprints_[entry - 1] == fingerprint) return entry - 1;
    }
  }

  // rows[i] = find(fingerprints[i]), faster: the memory of many lookups is fetched at once.
  void find(std::span<const Fingerprint> fingerprints, uint32_t* rows) const noexcept;

  size_t size() const noexcept { return fingerprints_.size(); }
  Fingerprint fingerprint_of(uint32_t row) const noexcept { return fingerprints_[row]; }
  std::string_view text(uint32_t row) const noexcept {
    return {text_.data() + text_offsets_[row], text_offsets_[row + 1] - text_offsets_[row]};
  }

  // Whether the views are a well-formed table, for bytes of unknown origin: the sizes fit, every
  // row can be found and stands in one slot, half of the slots are empty, and the offsets ascend
  // within the text.
  Status check() const;

 private:
  std::span<const Fingerprint> fingerprints_;
  std::span<const uint32_t> slots_;
  std::span<const uint64_t> text_offsets_;
  std::span<const char> text_;
};

// Makes the slots for fingerprints in the order of their rows. Fails if one is repeated.
Result<std::vector<uint32_t>> build_vocabulary_slots(std::span<const Fingerprint> fingerprints);

}  // namespace barker

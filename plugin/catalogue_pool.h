// What the ads of a catalogue have in common: distinct words, selling points, merchants and
// categories, by number. An ad keeps numbers of a few bits instead of fingerprints and texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "models/text/fingerprint.h"
#include "plugin/growing_array.h"

namespace barker {

// The numbers of an array's elements by the hashes of what they are: an open-addressing table.
class NumberIndex {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // The number for which is_equal(number) is true; kNone: none of those with this hash.
  template <typename IsEqual>
  uint32_t find(uint64_t hash, IsEqual is_equal) const {
    if (slots_.empty()) return kNone;
    for (size_t slot = hash & mask();; slot = (slot + 1) & mask()) {
      if (slots_[slot] == kNone) return kNone;
      if (is_equal(slots_[slot])) return slots_[slot];
    }
  }
  // For one number more; hash_of(number) is that of a number which is there. Throws std::bad_alloc.
  template <typename HashOf>
  void make_room(HashOf hash_of) {
    if ((size_ + 1) * 4 <= slots_.size() * 3) return;
    std::vector<uint32_t> before(slots_.empty() ? 64 : slots_.size() * 2, kNone);
    before.swap(slots_);
    for (const uint32_t number : before) {
      if (number != kNone) slots_[empty_slot(hash_of(number))] = number;
    }
  }
  // A number that is not there. There must be room for it.
  void add(uint64_t hash, uint32_t number) noexcept {
    slots_[empty_slot(hash)] = number;
    ++size_;
  }
  size_t bytes() const noexcept { return slots_.capacity() * sizeof(uint32_t); }

 private:
  size_t mask() const noexcept { return slots_.size() - 1; }
  size_t empty_slot(uint64_t hash) const noexcept {
    size_t slot = hash & mask();
    while (slots_[slot] != kNone) slot = (slot + 1) & mask();
    return slot;
  }

  std::vector<uint32_t> slots_;  // a power of two, at most three quarters full
  size_t size_ = 0;
};

// It only grows, and nothing in it moves: the control thread adds while queries read by numbers
// that they found in a catalogue's ads. Catalogues that were made from each other share one pool;
// it is left behind when more than half of it may be of no use any more (plugin/catalogue.h).
class CataloguePool {
 public:
  struct Point {
    std::string_view text;
    Fingerprint fingerprint = 0, given = 0;  // given: as the host said it, 0 where it did not
  };
  // As rules compare them (plugin/rules.h).
  struct Merchant {
    std::string_view text;
    Fingerprint fingerprint = 0;
  };
  struct Category {
    std::string_view text;
    std::vector<Fingerprint> path;
  };

  // [control thread] The number of what is given, a new one where it is new. They throw
  // std::bad_alloc; then no number has changed its meaning, and none is lost.
  uint32_t number_of_word(Fingerprint word);
  uint32_t number_of_point(std::string_view text, Fingerprint given);
  uint32_t number_of_merchant(std::string_view text);
  uint32_t number_of_category(std::string_view text);
  uint32_t words() const noexcept { return words_.size(); }
  uint32_t points() const noexcept { return points_.size(); }
  uint32_t merchants() const noexcept { return merchants_.size(); }
  uint32_t categories() const noexcept { return categories_.size(); }
  size_t bytes() const noexcept;  // of memory, with what stands ready
  // start(): all that is here is of use to a catalogue of so many ads. is_outgrown(): since then
  // either more was added than there was, or more than half of the ads have gone, but for small
  // amounts, so that copying what `ads` ads still need is worth its time.
  void start(uint64_t ads) noexcept;
  bool is_outgrown(uint64_t ads) const noexcept;

  // [any thread] By a number that was given before.
  Fingerprint word(uint32_t number) const noexcept { return words_[number]; }
  const Point& point(uint32_t number) const noexcept { return points_[number]; }
  const Merchant& merchant(uint32_t number) const noexcept { return merchants_[number]; }
  const Category& category(uint32_t number) const noexcept { return categories_[number]; }

 private:
  std::string_view keep(std::string_view text);
  template <typename T, typename IsEqual, typename HashOf, typename Make>
  uint32_t number_of(GrowingArray<T>& all, NumberIndex& index, uint64_t hash, IsEqual is_equal,
                     HashOf hash_of, Make make);

  GrowingArray<Fingerprint> words_;
  GrowingArray<Point> points_;
  GrowingArray<Merchant> merchants_;
  GrowingArray<Category> categories_;
  NumberIndex word_index_, point_index_, merchant_index_, category_index_;
  std::vector<std::unique_ptr<char[]>> texts_;
  size_t text_left_ = 0;  // bytes of the last of them
  size_t text_bytes_ = 0, path_bytes_ = 0;
  size_t used_bytes_ = 0;  // without what stands ready for more
  size_t bytes_at_start_ = 0;
  uint64_t ads_at_start_ = 0;
};

}  // namespace barker

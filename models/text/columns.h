// The columns that a text takes in a terminal or on a page of fixed width, and the places where it
// may be cut: between grapheme clusters, which are what a reader takes for one character.
//
// A cluster takes the columns of its characters together, as wcwidth() counts them, but for emoji:
// a flag, a family, a profession, a keycap or a face with a skin tone is one picture of two
// columns. A cluster of marks alone takes one, because marks without a letter are drawn on a place
// of their own.
//
// Nothing here allocates or fails once the character table is built. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/text/characters.h"

namespace barker {

struct Cluster {
  size_t begin = 0, end = 0;  // bytes in the text
  uint64_t columns = 0;
};

// The extended grapheme clusters of Unicode Standard Annex 29, from left to right.
//
//   for (ClusterReader reader(text); reader.next();) use(reader.cluster());
class ClusterReader {
 public:
  // `text` must outlive the reader. Invalid UTF-8 counts as U+FFFD.
  explicit ClusterReader(std::string_view text);

  // Moves to the next cluster; false at the end of the text.
  bool next() noexcept;
  const Cluster& cluster() const { return cluster_; }

 private:
  struct State;

  void read() noexcept;
  void read_cluster(char32_t code, Character left) noexcept;
  static bool joins(const State& state, Character left, Character right) noexcept;

  const CharacterTable& table_;
  std::string_view text_;

  // The character that was read ahead.
  bool has_character_ = false;
  size_t begin_ = 0, at_ = 0;  // its first byte, and the byte behind it
  char32_t code_ = 0;
  Character character_;
  Cluster cluster_;
};

// Columns of a text without markup.
uint64_t display_width(std::string_view text);

}  // namespace barker

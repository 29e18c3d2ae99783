// Which signs join the parts of a text to one word. A part is a run of letters and digits without a
// sign between: "wi-fi" has two. Part of words.h, of units.h and of the plugin's comparison with
// titles, which must agree on it. Any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "models/text/character_class.h"

namespace barker {

// A sign with a part on either side.
struct Joint {
  size_t part_begin;  // of the part before the sign, in the text
  Glyph left;         // the last letter or digit of that part
  Glyph sign;
  size_t sign_begin;
  Glyph right;     // the letter or digit behind the sign
  bool is_number;  // the word up to the sign consists of digits and the signs of numbers
};

bool joins_parts(std::string_view text, const Joint& joint);

// Whether an ASCII character may stand in a number: a digit, or a sign that joins digits.
constexpr bool may_be_in_number(char c) {
  return is_ascii_digit(c) || (c >= '+' && c <= '/' && c != '-') || c == ':' || c == '\'';
}

// The end of the signs + and # at `at` which belong to the word text[word, at) because no word
// follows them: c++, a+++, c#, s22+. `at` itself where none do. `last` is the word's last letter or
// digit.
size_t end_of_trailing_signs(std::string_view text, size_t word, size_t at, const Glyph& last);

// Whether a word consists of digits and the signs of numbers up to a place in it. The places must
// ascend, so that all the signs of a word together read it once.
class NumberSoFar {
 public:
  explicit NumberSoFar(size_t word = 0) : end_(word) {}
  bool holds(std::string_view text, size_t at) {
    while (is_number_ && end_ < at) is_number_ = may_be_in_number(text[end_++]);
    return is_number_;
  }

 private:
  size_t end_;
  bool is_number_ = true;
};

// The endings that stay with a name before a full stop: "js" of node.js, "com".
std::span<const std::string_view> name_endings();

}  // namespace barker

// Which signs join the parts of a text to one word. A part is a run of letters and digits without a
// sign between: "wi-fi" has two. Part of words.h and units.h, which must agree on it. Any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "models/text/character_class.h"

namespace barker {

// Returns the number of characters, marks aside, of the part that opens `text`, counted up to `most`.
size_t part_length(std::string_view text, size_t most);

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

// The endings that stay with a name before a full stop: "js" of node.js, "com".
std::span<const std::string_view> name_endings();

}  // namespace barker

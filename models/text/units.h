// Units of measure, and how a number and its unit become one word in one form: "50 ml", "50-ml" and
// "50ml" are "50ml", "50 毫升" is "50毫升". Part of normal_form.h and words.h. Any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace barker {

// Units that hardly stand for anything else behind a number, in normal form: "ml", "kg", "мл". But
// "v" and "w" are no units before a digit alone ("3 w 1", "5 v 5") and in "w/".
std::span<const std::string_view> plain_units();

// Units that are common words, sizes or names too: "in", "m", "a", "hp", "um". Such a unit is
// joined to the number before it only where nothing but a sign or the text's end follows ("cable, 5
// m"), never in "2 in 1", "5 m cable" or "2023 hp laptop".
std::span<const std::string_view> ambiguous_units();

// Measure words of Chinese and Japanese: "毫升", "片", "枚".
std::span<const std::string_view> measure_words();

bool is_measure_word(std::string_view word);

struct UnitGap {
  size_t begin, size;  // bytes of the text
};

// Finds what separates a number from its unit, at `at` or behind it: white space, or one hyphen.
// Its size is 0 where there is none. A number that belongs to a name ("wh-1000 v") takes no unit.
// `text` is in normal form but for such gaps.
UnitGap next_unit_gap(std::string_view text, size_t at);

}  // namespace barker

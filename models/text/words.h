// The words of a text, from left to right. Spaces and most punctuation are dropped; model numbers,
// quantities and joined words stay whole: "50ml", "wi-fi", "at&t", "c++", "t恤", "3.5mm". README.md
// lists the rules. Part of keywords.h, which says what the whole of it is for.
//
// The rules are this project's own and go by properties of characters that Unicode keeps stable, so
// that every version of ICU gives the same words. ICU's dictionaries are asked only for runs of
// Chinese, Japanese, Thai, Lao, Khmer and Burmese letters (dictionary_words.h).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace barker {

struct Word {
  size_t begin, end;  // bytes in the text
};

// Replaces `words` by those of `text`, which must be in normal form (normal_form.h). Takes time in
// proportion to the text. Allocates nothing once `words` has grown, but for what ICU allocates for
// text that needs a dictionary. Throws std::runtime_error if ICU fails. Any thread.
void break_words(std::string_view text, std::vector<Word>& words);

}  // namespace barker

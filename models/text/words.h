// The words of a text, from left to right: the word break of Unicode (UAX 29) with ICU's dictionaries
// for scripts that are written without spaces. Punctuation and spaces are dropped. Model numbers,
// quantities and joined words stay whole: "50ml", "wi-fi", "t恤", "3.5mm". Part of keywords.h, which
// says what the whole of it is for.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace barker {

struct Word {
  size_t begin, end;  // bytes in the text
};

// Replaces `words` by those of `text`, which must be in normal form (normal_form.h). ASCII takes no
// ICU. Beyond it each thread keeps an iterator of ICU's; what ICU does with text that needs a
// dictionary (Chinese, Japanese, Thai, ...) allocates, anything else does not once `words` has
// grown. Throws std::runtime_error if ICU fails. Any thread.
void break_words(std::string_view text, std::vector<Word>& words);

}  // namespace barker

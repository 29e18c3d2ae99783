// Words of scripts that are written without spaces, by ICU's dictionaries. Part of words.h.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "models/text/words.h"

namespace barker {

// Appends the words of text[begin, end), a run of letters of GlyphKind::kDictionary and their
// marks. The words cover the run. Each thread keeps an iterator of ICU's, which allocates where it
// looks up a dictionary. Throws std::runtime_error if ICU fails. Any thread.
void break_dictionary_run(std::string_view text, size_t begin, size_t end,
                          std::vector<Word>& words);

}  // namespace barker

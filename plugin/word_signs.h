// Which signs belong to a word of a title, just as the splitter keeps them (models/text/words.cpp), so
// that a selling point which is a word to the splitter is one to the comparison with a title.
//
// Pure functions: any thread, no allocation.
#pragma once

#include <cstddef>
#include <string_view>

namespace barker {

// The end of the signs + # & at `at` of a text in normal form which belong to the word that ends
// there: c++, c#, at&t, s22+, 1+1. `at` itself where none does: "waterproof+windproof" are two words.
// The word begins at `word`, and the part of it that no such sign divides begins at `part`.
size_t end_of_signs(std::string_view text, size_t word, size_t part, size_t at);

}  // namespace barker

// Folding: spellings that a searcher takes for the same become the same. The first pass alone uses
// it; the model sees keywords as they are written (models/text/keywords.h).
//
// Folding takes two steps, because some spellings differ in where words begin and end: fold_text()
// before a text is split into words, fold_word() on each word.
//
// Pure functions. [any thread] They throw std::bad_alloc, and std::runtime_error if ICU fails.
#pragma once

#include <string>
#include <string_view>

namespace barker {

// Before splitting: traditional Chinese becomes simplified (雨傘, 雨伞), and the Arabic tatweel
// goes. Apostrophes, hyphens, signs and fractions are made alike by the splitter itself. `text`:
// any bytes.
std::string fold_text(std::string_view text);

// One word that is in normal form: apostrophes and what joins words go (wi-fi is wifi), but not
// between digits (6.5g is not 65g), marks over
// and under Latin, Greek, Cyrillic, Arabic and Hebrew letters go, and letters that Unicode does not
// decompose become what people type (ø o, æ ae, đ d, ı i). Arabic letters with hamza become the
// bare letter, and the article ال goes. A long vowel mark at the end of a katakana word goes.
// fold_word(fold_word(w)) == fold_word(w).
std::string fold_word(std::string_view word);

}  // namespace barker

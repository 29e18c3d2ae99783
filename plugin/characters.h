// Characters of UTF-8 text, as the rules for titles read them.
//
// Pure functions: any thread, no allocation. What is no UTF-8 is read as U+FFFD.
#pragma once

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace barker {

// The character that begins at byte `at`, which then is the byte after it. `at` < text.size().
inline UChar32 next_character(std::string_view text, size_t& at) {
  auto index = static_cast<int64_t>(at);
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), index, static_cast<int64_t>(text.size()), c);
  at = static_cast<size_t>(index);
  return c;
}

// The character that begins at byte `at`; 0 at the text's end.
inline UChar32 character_at(std::string_view text, size_t at) {
  return at < text.size() ? next_character(text, at) : 0;
}

// The character that ends before byte `at` <= text.size(); 0 at the text's begin.
inline UChar32 character_before(std::string_view text, size_t at) {
  if (at == 0) return 0;
  auto index = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_PREV_OR_FFFD(text.data(), 0, index, c);
  return c;
}

inline constexpr UChar32 kModifierApostrophe = 0x2BC;

// Apostrophes of all shapes, and what people type for one.
inline bool is_apostrophe(UChar32 c) {
  return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x201B || c == 0x2032 ||
         c == kModifierApostrophe;
}

// Letters, digits, and the marks upon them.
inline bool is_letter_digit_or_mark(UChar32 c) {
  return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)) != 0;
}

}  // namespace barker

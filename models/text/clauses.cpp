#include "models/text/clauses.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "models/text/signs.h"

namespace barker {
namespace {

constexpr UChar32 kMiddleDot = 0xB7, kBullet = 0x2022, kKatakanaMiddleDot = 0x30FB,
                  kEmDash = 0x2014, kHorizontalBar = 0x2015, kDegree = 0xB0, kReplacement = 0xFFFD;

bool separates_alone(UChar32 c) {
  if (c == '\n' || c == '\r' || c == '|' || c == kBullet || c == kMiddleDot || c == kEmDash ||
      c == kHorizontalBar) {
    return true;
  }
  // Japanese and Chinese join the parts of foreign names by it.
  if (c == kKatakanaMiddleDot) return false;
  if (u_hasBinaryProperty(c, UCHAR_TERMINAL_PUNCTUATION)) return true;
  switch (u_charType(c)) {
    case U_START_PUNCTUATION:
    case U_END_PUNCTUATION:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return true;
    case U_OTHER_SYMBOL:  // stars, ticks and pictures; neither makers' signs nor invalid bytes
      return !is_makers_sign(static_cast<char32_t>(c)) && c != kDegree && c != kReplacement;
    default:
      // Full-width bars, and bars that are broken or drawn.
      return c == 0xFF5C || c == 0xA6 || (c >= 0x2500 && c <= 0x257F);
  }
}

bool separates_apart(UChar32 c) {
  return c == '/' || c == '\\' || c == '~' || u_charType(c) == U_DASH_PUNCTUATION;
}

}  // namespace

bool separates_clauses(std::string_view between) {
  const auto* text = reinterpret_cast<const uint8_t*>(between.data());
  const auto size = static_cast<int32_t>(between.size());
  bool is_behind_space = false, is_dash_apart = false;
  for (int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text, i, size, c);
    if (separates_alone(c)) return true;
    const bool is_space = u_isUWhiteSpace(c);
    if (is_space && is_dash_apart) return true;
    is_dash_apart =
        separates_apart(c) ? is_behind_space || is_dash_apart : is_dash_apart && is_space;
    is_behind_space = is_space;
  }
  return false;
}

}  // namespace barker

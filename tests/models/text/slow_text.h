// What cleaning promises, written as plainly as possible: one character after the other, each
// looked up in ICU. Slow, and apart from the code that is tested.
#pragma once

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <string>
#include <string_view>
#include <vector>

namespace barker {

// The characters of a text; each maximal invalid part is one U+FFFD and counts for *replaced.
inline std::vector<UChar32> slow_characters(std::string_view text, uint64_t* replaced) {
  std::vector<UChar32> characters;
  for (int32_t at = 0, size = static_cast<int32_t>(text.size()); at < size;) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0) ++*replaced;
    characters.push_back(c < 0 ? 0xFFFD : c);
  }
  return characters;
}

inline std::string slow_utf8(const std::vector<UChar32>& characters) {
  std::string out;
  icu::UnicodeString::fromUTF32(characters.data(), static_cast<int32_t>(characters.size()))
      .toUTF8String(out);
  return out;
}

inline std::string slow_sanitize_utf8(std::string_view text, uint64_t* replaced) {
  return slow_utf8(slow_characters(text, replaced));
}

inline bool slow_builds_emoji(UChar32 before, UChar32 c, UChar32 after) {
  const bool after_selector = before == 0xFE0E || before == 0xFE0F;
  if (c == 0x200D) {
    return u_hasBinaryProperty(after, UCHAR_EXTENDED_PICTOGRAPHIC) &&
           (after_selector || u_hasBinaryProperty(before, UCHAR_EMOJI_MODIFIER) ||
            u_hasBinaryProperty(before, UCHAR_EXTENDED_PICTOGRAPHIC));
  }
  if (c == 0xFE0E || c == 0xFE0F) {
    return u_hasBinaryProperty(before, UCHAR_EMOJI) && (before >= 0x80 || after == 0x20E3);
  }
  const bool is_tag = c >= 0xE0020 && c <= 0xE007F;
  return is_tag && (before == 0x1F3F4 || (before >= 0xE0020 && before <= 0xE007F));
}

inline bool slow_builds_spelling(UChar32 before, UChar32 c, UChar32 after) {
  const auto joining = [](UChar32 x) { return u_getIntPropertyValue(x, UCHAR_JOINING_TYPE); };
  const auto is_letter_that_joins = [&](UChar32 x) {
    return u_isalpha(x) && (joining(x) == U_JT_DUAL_JOINING || joining(x) == U_JT_RIGHT_JOINING ||
                            joining(x) == U_JT_LEFT_JOINING);
  };
  const auto is_virama = [](UChar32 x) { return u_getCombiningClass(x) == 9; };
  const auto is_mongolian = [](UChar32 x) { return x >= 0x1820 && x <= 0x18AA; };
  if (before == 0) return false;
  if (c == 0x200C) {
    const bool is_letter = is_letter_that_joins(before) || (before >= 0x64B && before <= 0x65F);
    return is_virama(before) || (is_letter && is_letter_that_joins(after));
  }
  if (c == 0x200D) {
    return is_virama(before) || joining(before) == U_JT_DUAL_JOINING ||
           joining(before) == U_JT_LEFT_JOINING ||
           (u_isalpha(before) && before >= 0x900 && before <= 0x1CFF && is_virama(after));
  }
  if ((c >= 0xE0100 && c <= 0xE01EF) || (c >= 0xFE00 && c <= 0xFE02)) {
    return u_hasBinaryProperty(before, UCHAR_IDEOGRAPHIC);
  }
  if (c == 0x180E) return is_mongolian(before) && is_mongolian(after);
  return ((c >= 0x180B && c <= 0x180D) || c == 0x180F) && is_mongolian(before);
}

inline std::string slow_visible(std::string_view text, uint64_t* replaced) {
  const std::vector<UChar32> characters = slow_characters(text, replaced);
  std::vector<UChar32> kept;
  UChar32 before = 0;
  for (size_t i = 0; i < characters.size(); ++i) {
    const UChar32 c = characters[i];
    const UChar32 after = i + 1 < characters.size() ? characters[i + 1] : 0;
    const bool hidden = u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
                        u_charType(c) == U_FORMAT_CHAR;
    const bool control = u_charType(c) == U_CONTROL_CHAR || c == 0x2028 || c == 0x2029;
    const bool builds =
        slow_builds_emoji(before, c, after) || slow_builds_spelling(before, c, after);
    const bool stays = !control && (!hidden || builds);
    if (stays || control) kept.push_back(control ? ' ' : c);
    before = stays ? c : 0;
  }
  return slow_utf8(kept);
}

inline std::string slow_html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace barker

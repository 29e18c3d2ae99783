// Whether a text that goes out is as harmless as barker promises, judged apart from the code that
// makes it so.
#pragma once

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <string>
#include <string_view>

namespace barker {

// Takes no room: Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, and the
// annotation marks.
inline bool is_zero_width(UChar32 c) {
  struct Range {
    UChar32 first, last;
  };
  static constexpr Range kRanges[] = {
      {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
      {0x180B, 0x180F}, {0x200B, 0x200D},   {0x2060, 0x2065},   {0x206A, 0x206F},
      {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
      {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  for (const Range& range : kRanges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

// Whether a zero-width character is a part of the emoji in which it stands.
inline bool is_inside_emoji(UChar32 before, UChar32 c, UChar32 after) {
  const auto is_picture = [](UChar32 x) {
    return u_hasBinaryProperty(x, UCHAR_EXTENDED_PICTOGRAPHIC) ||
           u_hasBinaryProperty(x, UCHAR_EMOJI_MODIFIER);
  };
  const bool before_is_selector = before == 0xFE0E || before == 0xFE0F;
  if (c == 0x200D) return (is_picture(before) || before_is_selector) && is_picture(after);
  if (c == 0xFE0E || c == 0xFE0F) {
    const bool regional = before >= 0x1F1E6 && before <= 0x1F1FF;
    return after == 0x20E3 || is_picture(before) || regional;
  }
  return c >= 0xE0020 && c <= 0xE007F &&
         (before == 0x1F3F4 || (before >= 0xE0020 && before <= 0xE007F));
}

// Whether a zero-width character is spelling: it stands behind a letter or mark of a script that
// writes with such characters.
inline bool is_spelling(UChar32 before, UChar32 c) {
  const bool is_joiner = c == 0x200C || c == 0x200D;
  if (is_joiner) {  // Arabic, Syriac, N'Ko, Mongolian and others that join; Indic ones
    return u_getIntPropertyValue(before, UCHAR_JOINING_TYPE) != U_JT_NON_JOINING ||
           (before >= 0x900 && before <= 0x1CFF);
  }
  if ((c >= 0xFE00 && c <= 0xFE02) || (c >= 0xE0100 && c <= 0xE01EF)) {
    return u_hasBinaryProperty(before, UCHAR_IDEOGRAPHIC);
  }
  return c >= 0x180B && c <= 0x180F && before >= 0x1820 && before <= 0x18AA;
}

// Empty, or what is wrong: invalid UTF-8, a control character, one that reorders or hides text.
inline std::string what_is_unclean(std::string_view text) {
  UChar32 before = 0;
  for (int32_t at = 0, size = static_cast<int32_t>(text.size()); at < size;) {
    const int32_t begin = at;
    UChar32 c, after = 0;
    U8_NEXT(text.data(), at, size, c);
    int32_t next = at;
    if (next < size) U8_NEXT(text.data(), next, size, after);
    const std::string where = " at byte " + std::to_string(begin);
    if (c < 0) return "invalid UTF-8" + where;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return "control character" + where;
    const bool reorders = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
                          c == 0x200E || c == 0x200F || c == 0x061C;
    if (reorders) return "bidirectional control" + where;
    if (is_zero_width(c) && !is_inside_emoji(before, c, after) && !is_spelling(before, c)) {
      return "invisible character" + where;
    }
    if (c == 0x2028 || c == 0x2029) return "line separator" + where;
    before = c;
  }
  return "";
}

// Empty, or what is wrong with text between tags or in a quoted attribute of HTML.
inline std::string what_is_markup(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '<' || text[at] == '>' || text[at] == '"' || text[at] == '\'') {
      return std::string("raw ") + text[at] + " at byte " + std::to_string(at);
    }
    if (text[at] != '&') continue;
    bool reference = false;
    for (const char* name : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      reference |= text.substr(at).starts_with(name);
    }
    if (!reference) return "raw & at byte " + std::to_string(at);
  }
  return "";
}

// `text` without every occurrence of `part`.
inline std::string without(std::string text, std::string_view part) {
  for (size_t at; (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

}  // namespace barker

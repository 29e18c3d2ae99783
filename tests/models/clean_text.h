// Whether a text that goes out is as harmless as barker promises, judged apart from the code that
// makes it so.
#pragma once

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <string>
#include <string_view>

namespace barker {

// Empty, or what is wrong: invalid UTF-8, a control character, one that reorders or hides text.
inline std::string what_is_unclean(std::string_view text) {
  for (int32_t at = 0, size = static_cast<int32_t>(text.size()); at < size;) {
    const int32_t begin = at;
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    const std::string where = " at byte " + std::to_string(begin);
    if (c < 0) return "invalid UTF-8" + where;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return "control character" + where;
    const bool reorders = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
                          c == 0x200E || c == 0x200F || c == 0x061C;
    const bool hides = c == 0x200B || c == 0x200C || c == 0x2060 || c == 0xFEFF || c == 0x00AD ||
                       (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
    if (reorders) return "bidirectional control" + where;
    if (hides) return "invisible character" + where;
    if (c == 0x2028 || c == 0x2029) return "line separator" + where;
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

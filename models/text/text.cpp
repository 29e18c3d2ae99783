#include "models/text/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "models/base/byte_blocks.h"
#include "models/base/one_line.h"
#include "models/text/characters.h"

namespace barker {
namespace {

// Reads the character that begins at `at` and moves `at` behind it. Invalid UTF-8: moves behind the
// maximal part of it that may begin a character, and returns -1.
UChar32 next_character(std::string_view text, size_t& at) {
  auto index = static_cast<int64_t>(at);
  UChar32 c;
  U8_NEXT(text.data(), index, static_cast<int64_t>(text.size()), c);
  at = static_cast<size_t>(index);
  return c;
}

// The character that begins at `at`, and 0 at the end of the text.
char32_t character_at(std::string_view text, size_t at) {
  if (at >= text.size()) return 0;
  const UChar32 c = next_character(text, at);
  return c < 0 ? kReplacementCharacter : static_cast<char32_t>(c);
}

bool is_ascii_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_tag(char32_t c) { return c >= 0xE0020 && c <= 0xE007F; }

// Whether a hidden character is part of an emoji. `before` is the character before it if that one
// was kept, else 0: a hidden character behind a removed one builds nothing.
bool builds_emoji(const CharacterTable& table, char32_t before, char32_t c, char32_t after) {
  constexpr char32_t kBlackFlag = 0x1F3F4, kKeycap = 0x20E3;
  if (c == kZeroWidthJoiner) {  // families, professions
    return table[after].is(Character::kPictographic) &&
           (is_emoji_selector(before) ||
            table[before].is(Character::kPictographic | Character::kEmojiModifier));
  }
  if (is_emoji_selector(c)) {  // digits are emoji, too, but only as keycaps
    return table[before].is(Character::kEmoji) && (before >= 0x80 || after == kKeycap);
  }
  return is_tag(c) && (before == kBlackFlag || is_tag(before));  // flags of regions
}

bool is_virama(char32_t c) { return u_getCombiningClass(static_cast<UChar32>(c)) == 9; }

// How an Arabic, Syriac or Mongolian letter joins its neighbours.
bool joins_next(char32_t c) {
  const int type = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_JOINING_TYPE);
  return type == U_JT_DUAL_JOINING || type == U_JT_LEFT_JOINING;
}
bool is_joined(char32_t c) {
  const int type = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_JOINING_TYPE);
  return type == U_JT_DUAL_JOINING || type == U_JT_LEFT_JOINING || type == U_JT_RIGHT_JOINING;
}
bool is_mark_of_arabic(char32_t c) { return c >= 0x64B && c <= 0x65F; }

bool is_mongolian_letter(char32_t c) { return c >= 0x1820 && c <= 0x18AA; }

// Whether a hidden character is spelling where it stands. `before` and `after` as above.
//
// A non-joiner parts two letters of a script that joins them; either joiner chooses the shape of an
// Indic letter behind its virama, a joiner also before it; a joiner gives an Arabic letter the
// shape that it has inside of a word. A variation selector chooses a shape of the Han or Mongolian
// letter before it.
bool builds_spelling(char32_t before, char32_t c, char32_t after) {
  if (before == 0) return false;
  if (c == kZeroWidthNonJoiner) {
    return is_virama(before) ||
           ((is_joined(before) || is_mark_of_arabic(before)) && is_joined(after));
  }
  if (c == kZeroWidthJoiner) {
    if (is_virama(before)) return true;
    constexpr char32_t kFirstIndic = 0x900, kLastIndic = 0x1CFF;
    return joins_next(before) || (before >= kFirstIndic && before <= kLastIndic &&
                                  is_virama(after) && u_isalpha(static_cast<UChar32>(before)));
  }
  const bool is_of_han = (c >= 0xE0100 && c <= 0xE01EF) || (c >= 0xFE00 && c <= 0xFE02);
  if (is_of_han) return u_hasBinaryProperty(static_cast<UChar32>(before), UCHAR_IDEOGRAPHIC);
  constexpr char32_t kVowelSeparator = 0x180E;
  if (c == kVowelSeparator) return is_mongolian_letter(before) && is_mongolian_letter(after);
  const bool is_of_mongolian = (c >= 0x180B && c <= 0x180D) || c == 0x180F;
  return is_of_mongolian && is_mongolian_letter(before);
}

bool is_line_or_paragraph_separator(char32_t c) { return c == 0x2028 || c == 0x2029; }

bool is_html_special(char c) { return c == '&' || c == '<' || c == '>' || c == '"' || c == '\''; }

std::string_view html_reference(char special) {
  switch (special) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#39;";
  }
}

}  // namespace

std::string sanitize_utf8(std::string_view text, uint64_t* replaced) {
  std::string out;
  append_valid_utf8(text, out, replaced);
  return out;
}

void append_valid_utf8(std::string_view text, std::string& out, uint64_t* replaced) {
  if (is_ascii(text)) {
    out.append(text);
    return;
  }
  size_t kept = 0;  // what lies between here and `at` is valid and not yet copied
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (next_character(text, at) >= 0) continue;
    out.append(text.substr(kept, begin - kept));
    out += kReplacementUtf8;
    kept = at;
    if (replaced) ++*replaced;
  }
  out.append(text.substr(kept));
}

void append_visible(std::string_view text, std::string& out, uint64_t* replaced) {
  const bool is_any_hidden =
      any_byte(text, [](ByteBlock block) { return (block < 0x20) | (block >= 0x7F); });
  if (!is_any_hidden) {  // as in nearly all ASCII texts
    out.append(text);
    return;
  }
  if (is_ascii(text)) {
    const size_t begin = out.size();
    out.append(text);
    for (char *at = out.data() + begin, *end = out.data() + out.size(); at != end; ++at) {
      *at = is_ascii_control(*at) ? ' ' : *at;
    }
    return;
  }
  const CharacterTable& table = CharacterTable::get();
  size_t kept = 0;      // what lies between here and `at` is kept and not yet copied
  char32_t before = 0;  // the latest character, if it was kept
  const auto put_instead = [&](size_t begin, size_t end, std::string_view replacement) {
    out.append(text.substr(kept, begin - kept));
    out += replacement;
    kept = end;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const UChar32 c = next_character(text, at);
    if (c < 0) {
      put_instead(begin, at, kReplacementUtf8);
      before = kReplacementCharacter;
      if (replaced) ++*replaced;
      continue;
    }
    const auto code = static_cast<char32_t>(c);
    const Character character = table[code];
    if (!character.is(Character::kControl | Character::kHidden)) {
      before = code;
    } else if (character.is(Character::kControl) || is_line_or_paragraph_separator(code)) {
      put_instead(begin, at, " ");
      before = 0;
    } else if (const char32_t after = character_at(text, at);
               builds_emoji(table, before, code, after) || builds_spelling(before, code, after)) {
      before = code;
    } else {
      put_instead(begin, at, "");
      before = 0;
    }
  }
  out.append(text.substr(kept));
}

std::string visible(std::string_view text) {
  std::string out;
  append_visible(text, out, nullptr);
  return out;
}

std::string visible_line(std::string_view text) { return visible(one_line(text)); }

void append_html_escaped(std::string_view text, std::string& out) {
  const bool is_any_special = any_byte(text, [](ByteBlock block) {
    return (block == '&') | (block == '<') | (block == '>') | (block == '"') | (block == '\'');
  });
  if (!is_any_special) {
    out += text;
    return;
  }
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_html_special(text[at])) continue;
    out.append(text.substr(begin, at - begin));
    out += html_reference(text[at]);
    begin = at + 1;
  }
  out.append(text.substr(begin));
}

std::string html_escaped(std::string_view text) {
  std::string out;
  append_html_escaped(text, out);
  return out;
}

}  // namespace barker

#include "models/text/character_class.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

namespace barker {
namespace {

constexpr UChar32 kFirstDictionaryLetter = 0xE01;  // of Thai
constexpr UChar32 kProlongedSoundMark = 0x30FC;    // belongs to Hiragana and Katakana alike
constexpr UChar32 kCjkIdeographs = 0x4E00, kLastCjkIdeograph = 0x9FFF;

GlyphKind kind_of_letter(UChar32 c) {
  if (c < kFirstDictionaryLetter) return GlyphKind::kLetter;
  if (c == kProlongedSoundMark) return GlyphKind::kDictionary;
  UErrorCode code = U_ZERO_ERROR;
  switch (uscript_getScript(c, &code)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return GlyphKind::kDictionary;
    case USCRIPT_HANGUL:
      return GlyphKind::kHangul;
    default:
      return GlyphKind::kLetter;
  }
}

GlyphKind kind_of(UChar32 c) {
  if (c >= kCjkIdeographs && c <= kLastCjkIdeograph) return GlyphKind::kDictionary;
  const uint32_t category = U_MASK(u_charType(c));
  if (category & (U_GC_L_MASK | U_GC_NL_MASK)) return kind_of_letter(c);
  if (category & (U_GC_ND_MASK | U_GC_NO_MASK)) return GlyphKind::kDigit;
  if (category & U_GC_M_MASK) return GlyphKind::kMark;
  return u_isUWhiteSpace(c) ? GlyphKind::kSpace : GlyphKind::kOther;
}

}  // namespace

bool is_han(char32_t code) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(code), &error) == USCRIPT_HAN;
}

Glyph first_glyph_beyond_ascii(std::string_view text) {
  UChar32 c = 0;
  int32_t at = 0;
  // A character has four bytes at most.
  U8_NEXT_OR_FFFD(text.data(), at, static_cast<int32_t>(text.size() < 4 ? text.size() : 4), c);
  return {static_cast<char32_t>(c), kind_of(c), static_cast<uint8_t>(at)};
}

Glyph last_glyph(std::string_view text) {
  const auto last = static_cast<unsigned char>(text.back());
  if (last < 0x80) return {last, kAsciiKinds[last], 1};
  const std::string_view tail = text.size() <= 4 ? text : text.substr(text.size() - 4);
  const auto size = static_cast<int32_t>(tail.size());
  UChar32 c = 0;
  int32_t at = size;
  U8_PREV_OR_FFFD(tail.data(), 0, at, c);
  return {static_cast<char32_t>(c), kind_of(c), static_cast<uint8_t>(size - at)};
}

}  // namespace barker

#include "models/text/signs.h"

#include "models/text/character_class.h"
#include "models/text/characters.h"

namespace barker {
namespace {

constexpr char32_t kAcute = 0xB4, kMultiplication = 0xD7, kFractionNumeratorOne = 0x215F;

bool is_fraction(char32_t code) {
  return (code >= 0xBC && code <= 0xBE) || (code >= 0x2150 && code <= 0x215F) || code == 0x2189;
}

// Passes more makers' signs, and variation selectors, which only say how a sign is drawn.
size_t skip_makers_signs(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Glyph glyph = first_glyph(text.substr(at));
    if (!is_emoji_selector(glyph.code) && !is_makers_sign(glyph.code)) break;
    at += glyph.size;
  }
  return at;
}

// A selector is a mark of the character before it, and goes with it if that is a makers' sign.
bool is_word_before(std::string_view text, size_t at) {
  if (at == 0) return false;
  Glyph glyph = last_glyph(text.substr(0, at));
  const bool is_word = glyph.is_word() || glyph.kind == GlyphKind::kMark;
  while (is_emoji_selector(glyph.code) && at > glyph.size) {
    at -= glyph.size;
    glyph = last_glyph(text.substr(0, at));
  }
  return is_word && !is_makers_sign(glyph.code);
}

bool is_word_at(std::string_view text, size_t at) {
  return at < text.size() && first_glyph(text.substr(at)).is_word();
}

bool is_digit_at(std::string_view text, size_t at) {
  return at < text.size() && first_glyph(text.substr(at)).kind == GlyphKind::kDigit;
}

bool is_between_digits(std::string_view text, size_t at, const Glyph& glyph) {
  return at > 0 && last_glyph(text.substr(0, at)).kind == GlyphKind::kDigit &&
         is_digit_at(text, at + glyph.size);
}

// The change at `at`, where `glyph` stands; its size is 0 where none is needed.
SignChange change_at(std::string_view text, size_t at, Glyph glyph) {
  const size_t behind = at + glyph.size;
  if (is_makers_sign(glyph.code)) {
    const size_t end = skip_makers_signs(text, behind);
    const bool parts_words = is_word_before(text, at) && is_word_at(text, end);
    return {at, end - at, parts_words ? " " : "", "", false};
  }
  if (is_fraction(glyph.code)) {
    const bool is_open = glyph.code == kFractionNumeratorOne;  // its denominator follows
    const std::string_view before = is_word_before(text, at) ? " " : "";
    const std::string_view after = !is_open && is_digit_at(text, behind) ? " " : "";
    if (!before.empty() || !after.empty()) return {at, glyph.size, before, after, true};
  }
  if (glyph.code == kAcute) return {at, glyph.size, "'", "", false};
  return {at, 0, "", "", false};
}

// The first two bytes of the characters in change_at(): most text is passed over by its bytes.
bool may_change(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xC2:
      return second >= 0xA9;
    case 0xE2:
      return second >= 0x84 && second <= 0x86;
    case 0xF0:
      return second == 0x9F;
    default:
      return false;
  }
}

// The first two bytes of the characters in plain_sign() that are not ASCII.
bool may_have_plain_sign(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xC3:
      return second == 0x97;
    case 0xCA:
    case 0xCB:
    case 0xD6:
    case 0xD7:
      return true;
    case 0xD5:
      return second == 0x9A;
    case 0xE1:
      return second == 0xA0;
    case 0xE2:
      return second == 0x80 || second == 0x81 || second == 0x88;
    case 0xEA:
      return second == 0x9E;
    default:
      return false;
  }
}

}  // namespace

bool is_makers_sign(char32_t code) {
  switch (code) {
    case 0xA9:     // copyright
    case 0xAE:     // registered
    case 0x2117:   // sound recording
    case 0x2120:   // service mark
    case 0x2122:   // trade mark
    case 0x1F16A:  // marque de commerce
    case 0x1F16B:  // marque deposee
    case 0x1F16C:  // marque registree
      return true;
    default:
      return false;
  }
}

char plain_sign(char32_t code) {
  switch (code) {
    case U'`':
    case 0x02B9:  // modifier letters that look like an apostrophe
    case 0x02BB:
    case 0x02BC:
    case 0x02BD:
    case 0x055A:  // Armenian apostrophe
    case 0x05F3:  // Hebrew geresh
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:  // prime
    case 0x2035:
    case 0xA78C:  // saltillo
      return '\'';
    case 0x02D7:  // modifier minus
    case 0x058A:  // Armenian hyphen
    case 0x05BE:  // Hebrew maqaf
    case 0x1806:  // Mongolian hyphen
    case 0x2010:  // hyphen; Unicode's normal form makes the non-breaking one so
    case 0x2011:
    case 0x2012:  // figure dash
    case 0x2013:  // en dash
    case 0x2043:  // hyphen bullet
    case 0x2212:  // minus
      return '-';
    case 0x2044:  // fraction slash
    case 0x2215:  // division slash
      return '/';
    case 0x05F4:
      return '"';
    case kMultiplication:
      return 'x';
    default:
      return 0;
  }
}

size_t find_unfolded_sign(std::string_view text, size_t at) {
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      if (c == '`') return at;
      continue;
    }
    // The last byte of valid text that is not ASCII begins no character.
    if (at + 1 == text.size()) break;
    if (!may_have_plain_sign(c, static_cast<unsigned char>(text[at + 1]))) continue;
    const Glyph glyph = first_glyph(text.substr(at));
    if (glyph.code == kMultiplication && !is_between_digits(text, at, glyph)) continue;
    if (plain_sign(glyph.code) != 0) return at;
  }
  return text.size();
}

SignChange next_sign_change(std::string_view text, size_t at) {
  for (; at + 1 < text.size(); ++at) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (!may_change(first, static_cast<unsigned char>(text[at + 1]))) continue;
    const SignChange change = change_at(text, at, first_glyph(text.substr(at)));
    if (change.size > 0) return change;
  }
  return {text.size(), 0, "", "", false};
}

}  // namespace barker

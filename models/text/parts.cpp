#include "models/text/parts.h"

#include <algorithm>
#include <array>

namespace barker {
namespace {

constexpr auto kNameEndings = std::to_array<std::string_view>({"com", "io", "js", "net", "org"});

// An ampersand joins parts that have no more characters than this together: at&t, m&ms.
constexpr size_t kLongestInitials = 3;

// Returns the number of characters, marks aside, of the part that opens `text`, counted up to
// `most`.
size_t part_length(std::string_view text, size_t most) {
  const bool is_hangul = !text.empty() && first_glyph(text).kind == GlyphKind::kHangul;
  size_t length = 0;
  while (length < most && !text.empty()) {
    const Glyph glyph = first_glyph(text);
    if (glyph.is_letter_or_digit() && is_hangul == (glyph.kind == GlyphKind::kHangul)) {
      ++length;
    } else if (glyph.kind != GlyphKind::kMark) {
      break;
    }
    text.remove_prefix(glyph.size);
  }
  return length;
}

bool is_hebrew(char32_t code) { return code >= 0x5D0 && code <= 0x5EA; }

// Whether the part that opens `text` is a name's ending.
bool is_name_ending(std::string_view text) {
  return std::ranges::any_of(kNameEndings, [&](std::string_view ending) {
    if (!text.starts_with(ending)) return false;
    if (text.size() == ending.size()) return true;
    const Glyph next = first_glyph(text.substr(ending.size()));
    return next.kind != GlyphKind::kLetter && next.kind != GlyphKind::kDigit &&
           next.kind != GlyphKind::kMark;
  });
}

}  // namespace

bool joins_parts(std::string_view text, const Joint& joint) {
  const Glyph &left = joint.left, &right = joint.right;
  const std::string_view before = text.substr(joint.part_begin),
                         behind = text.substr(joint.sign_begin + joint.sign.size);
  const bool letters = left.kind == GlyphKind::kLetter && right.kind == GlyphKind::kLetter;
  const bool digits = left.kind == GlyphKind::kDigit && right.kind == GlyphKind::kDigit;
  const auto are_single = [&] {
    return part_length(before, 2) == 1 && part_length(behind, 2) == 1;
  };
  switch (joint.sign.code) {
    case '-':
    case '_':
      return true;
    case '\'':
      return letters || digits;
    case '.':
      return digits || (letters && (are_single() || is_name_ending(behind)));
    case ',':
    case ':':
      return digits;
    case '/':
      return digits ? joint.is_number : are_single();
    case '+':
      return digits && joint.is_number;
    case '&':
      return part_length(before, kLongestInitials + 1) +
                 part_length(behind, kLongestInitials + 1) <=
             kLongestInitials;
    case '"':  // in Hebrew abbreviations
      return is_hebrew(left.code) && is_hebrew(right.code);
    case 0xB7:  // Catalan
      return left.code == 'l' && right.code == 'l';
    case 0x66B:  // Arabic decimal and thousands separators
    case 0x66C:
      return digits;
    default:
      return false;
  }
}

size_t end_of_trailing_signs(std::string_view text, size_t word, size_t at, const Glyph& last) {
  constexpr size_t kMostPlus = 3, kMostSharp = 1;
  if (at >= text.size()) return at;
  const char sign = text[at];
  if (sign != '+' && sign != '#') return at;
  const bool is_letter = last.kind == GlyphKind::kLetter && word + last.size == at;
  if (!is_letter && !(sign == '+' && last.kind == GlyphKind::kDigit)) return at;
  size_t end = at;
  while (end < text.size() && text[end] == sign) ++end;
  if (end - at > (sign == '+' ? kMostPlus : kMostSharp)) return at;
  if (end == text.size()) return end;
  const Glyph next = first_glyph(text.substr(end));
  return next.is_word() || next.kind == GlyphKind::kMark ? at : end;
}

std::span<const std::string_view> name_endings() { return kNameEndings; }

}  // namespace barker

#include "plugin/word_signs.h"

#include <algorithm>

#include "models/text/character_class.h"

namespace barker {

size_t end_of_signs(std::string_view text, size_t word, size_t part, size_t at) {
  constexpr size_t kMostPlus = 3, kMostSharp = 1;
  const char sign = text[at];
  if (sign != '+' && sign != '#' && sign != '&') return at;
  const auto glyph_at = [&](size_t i) {
    return i < text.size() ? first_glyph(text.substr(i)) : Glyph{};
  };
  const Glyph last = last_glyph(text.substr(0, at));
  if (!last.is_letter_or_digit()) return at;
  if (sign == '&') {
    const bool joins = glyph_at(at + 1).is_letter_or_digit() &&
                       part_length(text.substr(part), kLongestInitials + 1) +
                               part_length(text.substr(at + 1), kLongestInitials + 1) <=
                           kLongestInitials;
    return joins ? at + 1 : at;
  }
  const bool is_behind_digit = last.kind == GlyphKind::kDigit;
  if (sign == '+' && is_behind_digit && glyph_at(at + 1).kind == GlyphKind::kDigit) {
    const bool is_number = std::ranges::all_of(text.substr(word, at - word), [](char c) {
      return is_ascii_digit(c) || c == '.' || c == ',' || c == ':' || c == '/' || c == '+';
    });
    return is_number ? at + 1 : at;
  }
  const bool is_letter = last.kind == GlyphKind::kLetter && word + last.size == at;
  if (!is_letter && !(sign == '+' && is_behind_digit)) return at;
  size_t end = at;
  while (end < text.size() && text[end] == sign) ++end;
  const Glyph next = glyph_at(end);
  const bool are_kept = end - at <= (sign == '+' ? kMostPlus : kMostSharp) && !next.is_word() &&
                        next.kind != GlyphKind::kMark;
  return are_kept ? end : at;
}

}  // namespace barker

#include "plugin/title_text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "models/base/utf8.h"
#include "models/text/clauses.h"
#include "models/text/parts.h"
#include "models/text/text.h"
#include "plugin/characters.h"
#include "plugin/title_negation.h"

namespace barker {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr char32_t kFirstUnspaced = 0xE00;  // no script below it is written without spaces

constexpr bool is_ascii_alnum(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool is_digit(UChar32 c) { return c >= '0' && c <= '9'; }

constexpr UChar32 kFractionSlash = 0x2044;

// Letters, digits, and signs that always belong to a word: 100%.
constexpr auto kAsciiInWords = [] {
  std::array<bool, 0x80> in_words{};
  for (UChar32 c = 0; c < 0x80; ++c) {
    in_words[static_cast<size_t>(c)] = is_ascii_alnum(c) || c == '%' || c == '$' || c == '_';
  }
  return in_words;
}();

bool is_word_character(UChar32 c) {
  if (c < 0x80) return kAsciiInWords[static_cast<size_t>(c)];
  if (c == kModifierApostrophe || c == kFractionSlash) return false;
  constexpr uint32_t kInWords = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK | U_GC_SC_MASK |
                                U_GC_SM_MASK | U_GC_CN_MASK | U_GC_CO_MASK;
  return (U_GET_GC_MASK(c) & kInWords) != 0;
}

// 1.5, 1,000, 16:9 and 1/2 are one word each.
bool joins_digits(UChar32 c) {
  return c == '.' || c == ',' || c == ':' || c == '/' || c == kFractionSlash;
}

// The end of the signs + # & at `at` of a text in normal form which belong to the word that ends
// there, as the splitter decides: c++, c#, at&t, s22+, 1+1. `at` itself where none does. The word
// begins at `word`, `number` reads it, and the part that no such sign divides begins at `part`.
size_t end_of_signs(std::string_view text, size_t word, size_t part, size_t at,
                    NumberSoFar& number) {
  const char sign = text[at];
  if (sign != '+' && sign != '#' && sign != '&') return at;
  const Glyph left = last_glyph(text.substr(0, at));
  if (!left.is_letter_or_digit()) return at;
  const Glyph right = at + 1 < text.size() ? first_glyph(text.substr(at + 1)) : Glyph{};
  if (right.is_letter_or_digit()) {
    const bool is_number = left.kind == GlyphKind::kDigit && number.holds(text, at);
    const Joint joint{part, left, first_glyph(text.substr(at)), at, right, is_number};
    if (joins_parts(text, joint)) return at + 1;
  }
  return end_of_trailing_signs(text, word, at, left);
}

// Blanks makers' signs before the normal form makes letters of them ("tm"), and removes spacing
// accents, which are apostrophes. Keeps the size, so that places in the text stay what they are.
void blank_signs(std::string& text) {
  const auto replace = [&](std::string_view sign, std::string_view replacement) {
    for (size_t at = text.find(sign); at != kNone; at = text.find(sign, at + sign.size())) {
      text.replace(at, sign.size(), replacement);
    }
  };
  for (const std::string_view sign : {"\u2122", "\u2120", "\u2117"}) replace(sign, "   ");
  for (const std::string_view sign : {"\u00AE", "\u00A9"}) replace(sign, "  ");
  replace("\u00B4", "\u00AD");  // a soft hyphen, of which the normal form leaves nothing
}

bool begins_unit(UChar32 c) {
  return c < 0x80 ? c == '%' || (is_ascii_alnum(c) && !is_digit(c)) : u_isalpha(c) != 0;
}

bool is_hangul(UChar32 c) {
  return c >= 0x1100 && (c <= 0x11FF || (c >= 0x3130 && c <= 0x318F) ||
                         (c >= 0xA960 && c <= 0xA97F) || (c >= 0xAC00 && c <= 0xD7FF));
}

// Whether a letter forms no word with Latin letters and digits that touch it.
bool stands_apart(UChar32 c) {
  return is_hangul(c) || is_written_without_spaces(static_cast<char32_t>(c));
}

// Whether the word goes on with a part of a model number, whose digits follow a letter: "s22",
// "v1.5". `was_model` says so of the character before.
bool goes_on_as_model(bool was_model, UChar32 before, UChar32 c) {
  if (!is_digit(c)) return was_model && !stands_apart(c);
  return was_model || (begins_unit(before) && before != '%' && !stands_apart(before));
}

constexpr char kNoGap = '\0';

// What stands in the form between two characters that touch; kNoGap: nothing.
char edge_of(UChar32 before, UChar32 c, bool ends_model) {
  // A number ends no word where its unit begins, but a model number does: "s22防水".
  if (is_digit(before) && begins_unit(c) && !ends_model) return kUnitEdge;
  const bool meets_hangul = is_hangul(before) ? !is_hangul(c) && (is_digit(c) || u_isalpha(c))
                                              : is_hangul(c) && is_word_character(before);
  return meets_hangul ? kHyphen : kNoGap;
}

// Whether the text between two clauses leaves them in one list: "without parabens, alcohol /
// colour".
bool goes_on(std::string_view between) {
  for (size_t i = 0; i < between.size();) {
    const UChar32 c = next_character(between, i);
    const bool is_list_sign = c == ',' || c == ':' || c == '/' || c == 0x3001 || c == 0xFF0C ||
                              c == 0xFF1A || c == 0x30FB || c == 0xB7 || c == 0x60C;
    if (!is_list_sign && !u_isUWhiteSpace(c)) return false;
  }
  return true;
}

// What stands in the form for the text between two words, which is not empty; kNoGap: nothing.
char gap_of(std::string_view between, char32_t before, char32_t after) {
  if (between == " " && before < kFirstUnspaced && after < kFirstUnspaced) return kWordSpace;
  const auto is_unspaced = [&] {
    return is_written_without_spaces(before) || is_written_without_spaces(after);
  };
  if (between == " ") return is_unspaced() ? kHyphen : kWordSpace;
  size_t behind = 0;
  if (is_apostrophe(next_character(between, behind)) && behind == between.size()) return kNoGap;
  if (separates_clauses(between)) return goes_on(between) ? kListEdge : kClauseEdge;
  bool has_space = false;
  for (size_t i = 0; i < between.size();) {
    const UChar32 c = next_character(between, i);
    has_space |= c == '/' || c == kFractionSlash || u_isUWhiteSpace(c);
  }
  return has_space && !is_unspaced() ? kWordSpace : kHyphen;
}

bool is_gap(char c) { return c == kWordSpace || c == kHyphen || c == kUnitEdge; }
bool may_vanish(char c) { return c == kHyphen || c == kUnitEdge; }

bool are_alike(char a, char b) {
  return a == b || (is_gap(a) && is_gap(b)) || (is_clause_edge(a) && is_clause_edge(b));
}

// Where a selling point that begins at `at` of a title ends; kNone: it does not begin there, or to
// find out takes more than `steps`, which goes down to 0 then.
size_t match_at(std::string_view title, size_t at, std::string_view point, size_t& steps) noexcept {
  size_t p = 0;
  while (p < point.size()) {
    if (at == title.size() || steps == 0) return kNone;
    --steps;
    const char a = title[at], b = point[p];
    if (are_alike(a, b)) {
      ++at;
      ++p;
    } else if (may_vanish(a)) {
      ++at;
    } else if (may_vanish(b)) {
      ++p;
    } else {
      return kNone;
    }
  }
  return at;
}

bool begins_word(std::string_view title, size_t at) noexcept {
  if (at == 0) return true;
  if (is_between_words(title[at - 1])) return true;
  size_t behind = at;
  return is_written_without_spaces(static_cast<char32_t>(character_before(title, at))) ||
         is_written_without_spaces(static_cast<char32_t>(next_character(title, behind)));
}

bool ends_word(std::string_view title, size_t at) noexcept {
  if (at == title.size()) return true;
  if (is_between_words(title[at])) return true;
  size_t behind = at;
  const UChar32 next = next_character(title, behind);
  constexpr UChar32 kLongVowel = 0x30FC;
  if (next == kLongVowel || (U_GET_GC_MASK(next) & U_GC_M_MASK) != 0) return false;
  return is_written_without_spaces(static_cast<char32_t>(next)) ||
         is_written_without_spaces(static_cast<char32_t>(character_before(title, at)));
}

}  // namespace

bool is_written_without_spaces(char32_t c) {
  if (c < kFirstUnspaced) return false;
  if (c == 0x30FC) return true;  // the long vowel of Kana, which ICU counts to no script
  UErrorCode code = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(c), &code)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

void ComparisonText::assign(std::string_view text, NormalForm::Origins origins) {
  text = without_excess(text);
  keeps_origins_ = origins == NormalForm::Origins::kKept;
  if (is_ascii(text)) {
    if (keeps_origins_) valid_ = text;
    normal_.assign(text, origins);
  } else {
    valid_.clear();
    append_valid_utf8(text, valid_, nullptr);
    without_signs_ = valid_;
    blank_signs(without_signs_);
    normal_.assign(without_signs_, origins);
  }
  fill_form(normal_.text());
}

// Each byte of the normal form becomes one byte at most, and one edge may stand before it.
void ComparisonText::fill_form(std::string_view normal) {
  form_.resize(2 * normal.size());
  if (keeps_origins_) at_.resize(form_.size());
  char* const form = form_.data();
  uint32_t* const places = keeps_origins_ ? at_.data() : nullptr;
  size_t size = 0;
  const auto put = [&](char byte, size_t at) {
    if (places) places[size] = static_cast<uint32_t>(at);
    form[size++] = byte;
  };
  UChar32 before = 0;         // the latest character of a word
  size_t word_end = kNone;    // where the latest one ended
  size_t word = 0, part = 0;  // where it began, and where its latest part did
  NumberSoFar number;         // whether it is one
  bool is_model = false;      // whether it ends like a model number
  size_t signs_end = 0;       // where the signs end that belong to it
  for (size_t at = 0; at < normal.size();) {
    const size_t begin = at;
    UChar32 c = static_cast<unsigned char>(normal[at]);
    if (c < 0x80) {
      ++at;
    } else {
      c = next_character(normal, at);
    }
    if (!is_word_character(c)) {
      if (word_end == begin && begin >= signs_end) {
        signs_end = end_of_signs(normal, word, part, begin, number);
      }
      const bool is_inside_number = joins_digits(c) && word_end == begin && is_digit(before) &&
                                    at < normal.size() && is_digit(normal[at]);
      if (!is_inside_number && begin >= signs_end) continue;
      part = at;
    }
    if (word_end == begin) {
      const bool was_model = std::exchange(is_model, goes_on_as_model(is_model, before, c));
      const char edge = edge_of(before, c, was_model && !is_model);
      if (edge != kNoGap) put(edge, begin);
    } else {
      is_model = false;
      word = part = begin;
      number = NumberSoFar(begin);
      if (word_end != kNone) {
        const char gap = gap_of(normal.substr(word_end, begin - word_end),
                                static_cast<char32_t>(before), static_cast<char32_t>(c));
        if (gap != kNoGap) put(gap, begin);
      }
    }
    if (c == kFractionSlash) {
      put('/', begin);
    } else {
      for (size_t i = begin; i < at; ++i) put(normal[i], i);
    }
    before = c;
    word_end = at;
  }
  form_.resize(size);
  if (keeps_origins_) at_.resize(size);
}

std::pair<size_t, size_t> ComparisonText::original(size_t begin, size_t end) {
  return normal_.original(at_[begin], at_[end - 1] + size_t{1});
}

bool same_words(const ComparisonText& a, const ComparisonText& b) noexcept {
  // The next byte of a form, without gaps but for one between two numbers: "10-20 cm".
  const auto next = [](std::string_view form, size_t& at) {
    const size_t begin = at;
    while (at < form.size() && is_gap(form[at])) ++at;
    if (at == form.size()) return '\0';
    const bool parts_numbers = begin > 0 && is_digit(form[begin - 1]) && is_digit(form[at]);
    return at > begin && parts_numbers ? kHyphen : form[at++];
  };
  size_t i = 0, j = 0;
  char x, y;
  do {
    x = next(a.form(), i);
    y = next(b.form(), j);
    if (!are_alike(x, y)) return false;
  } while (x != '\0');
  return !a.form().empty();
}

TitlePlace place_in_title(const ComparisonText& title_text,
                          const ComparisonText& point_text) noexcept {
  const std::string_view title = title_text.form(), point = point_text.form();
  TitlePlace place;
  if (point.empty()) return place;
  // Most places differ within a few bytes. What takes more steps than this repeats the selling
  // point's beginning all over, so that nothing sensible is lost where the search ends.
  constexpr size_t kStepsPerByte = 16;
  size_t steps = kStepsPerByte * (title.size() + point.size());
  const auto least = static_cast<size_t>(  // bytes of a title that match
      std::ranges::count_if(point, [](char c) { return !may_vanish(c); }));
  for (size_t at = title.find(point.front()); at != kNone; at = title.find(point.front(), at + 1)) {
    if (title.size() - at < least) break;
    const size_t end = match_at(title, at, point, steps);
    if (steps == 0) {
      place.kind = TitlePlace::kNegated;
      break;
    }
    if (end == kNone) continue;
    const bool begins = begins_word(title, at), ends = ends_word(title, end);
    const bool stands = begins && ends;
    const bool is_negated = stands ? is_negated_around(title, at, end)
                                   : is_negated_inside_word(title, at, end, begins, ends);
    if (!stands && !is_negated) continue;
    if (place.kind == TitlePlace::kAbsent) place = {TitlePlace::kPresent, at, end};
    if (!is_negated) continue;
    place.kind = TitlePlace::kNegated;
    break;
  }
  return place;
}

}  // namespace barker

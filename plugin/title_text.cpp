#include "plugin/title_text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "models/base/utf8.h"
#include "models/text/clauses.h"
#include "models/text/text.h"
#include "plugin/title_negation.h"

namespace barker {
namespace {

constexpr size_t kNone = std::string_view::npos;

UChar32 next_character(std::string_view text, size_t& at) {
  auto index = static_cast<int64_t>(at);
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), index, static_cast<int64_t>(text.size()), c);
  at = static_cast<size_t>(index);
  return c;
}

UChar32 character_before(std::string_view text, size_t at) {
  auto index = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_PREV_OR_FFFD(text.data(), 0, index, c);
  return c;
}

bool is_ascii_alnum(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool is_digit(UChar32 c) { return c >= '0' && c <= '9'; }

constexpr UChar32 kModifierApostrophe = 0x2BC, kFractionSlash = 0x2044;

bool is_apostrophe(UChar32 c) {
  return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x201B || c == 0x2032 ||
         c == kModifierApostrophe;
}

// Letters, digits, and signs that tell one name from another: c++, c#, R&B, 100%.
bool is_word_character(UChar32 c) {
  if (c < 0x80) {
    return is_ascii_alnum(c) || c == '+' || c == '#' || c == '&' || c == '%' || c == '$' ||
           c == '@' || c == '_';
  }
  if (c == kModifierApostrophe || c == kFractionSlash) return false;
  constexpr uint32_t kInWords = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK | U_GC_SC_MASK |
                                U_GC_SM_MASK | U_GC_CN_MASK | U_GC_CO_MASK;
  return (U_GET_GC_MASK(c) & kInWords) != 0;
}

// 1.5, 1,000, 16:9 and 1/2 are one word each.
bool joins_digits(UChar32 c) {
  return c == '.' || c == ',' || c == ':' || c == '/' || c == kFractionSlash;
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

bool is_gap(char c) { return c == kSpace || c == kHyphen || c == kUnitEdge; }
bool may_vanish(char c) { return c == kHyphen || c == kUnitEdge; }

// Where a selling point that begins at `at` of a title ends; kNone: it does not begin there.
size_t match_at(std::string_view title, size_t at, std::string_view point) noexcept {
  size_t p = 0;
  while (p < point.size()) {
    if (at == title.size()) return kNone;
    const char a = title[at], b = point[p];
    if (a == b || (is_gap(a) && is_gap(b))) {
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
  const char before = title[at - 1];
  if (before == kSpace || before == kHyphen || before == kClauseEdge) return true;
  size_t behind = at;
  return is_written_without_spaces(static_cast<char32_t>(character_before(title, at))) ||
         is_written_without_spaces(static_cast<char32_t>(next_character(title, behind)));
}

bool ends_word(std::string_view title, size_t at) noexcept {
  if (at == title.size()) return true;
  const char after = title[at];
  if (after == kSpace || after == kHyphen || after == kClauseEdge) return true;
  size_t behind = at;
  const UChar32 next = next_character(title, behind);
  constexpr UChar32 kLongVowel = 0x30FC;
  if (next == kLongVowel || (U_GET_GC_MASK(next) & U_GC_M_MASK) != 0) return false;
  return is_written_without_spaces(static_cast<char32_t>(next)) ||
         is_written_without_spaces(static_cast<char32_t>(character_before(title, at)));
}

}  // namespace

bool is_written_without_spaces(char32_t c) {
  if (c < 0xE00) return false;
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
  form_.clear();
  at_.clear();
  const std::string_view normal = normal_.text();
  UChar32 before = 0;       // the latest character of a word
  size_t word_end = kNone;  // where the latest one ended
  for (size_t at = 0; at < normal.size();) {
    const size_t begin = at;
    UChar32 c = static_cast<unsigned char>(normal[at]);
    if (c < 0x80) {
      ++at;
    } else {
      c = next_character(normal, at);
    }
    const bool is_adjacent = word_end == begin;
    const bool is_inside_number = joins_digits(c) && is_adjacent && is_digit(before) &&
                                  at < normal.size() && is_digit(normal[at]);
    if (!is_inside_number && !is_word_character(c)) continue;
    if (word_end != kNone) {
      append_gap(normal.substr(word_end, begin - word_end), static_cast<char32_t>(before),
                 static_cast<char32_t>(c), begin);
    }
    append(c == kFractionSlash ? "/" : normal.substr(begin, at - begin), begin);
    before = c;
    word_end = at;
  }
}

void ComparisonText::append(std::string_view bytes, size_t at) {
  form_ += bytes;
  if (!keeps_origins_) return;
  for (size_t i = 0; i < bytes.size(); ++i) at_.push_back(static_cast<uint32_t>(at + i));
}

void ComparisonText::append_gap(std::string_view between, char32_t before, char32_t after,
                                size_t at) {
  const auto put = [&](char gap) { append({&gap, 1}, at); };
  if (between.empty()) {
    const bool after_digit = is_digit(static_cast<UChar32>(before));
    if (after_digit && !is_digit(static_cast<UChar32>(after)) &&
        (after == '%' || u_isalpha(static_cast<UChar32>(after)))) {
      put(kUnitEdge);
    }
    return;
  }
  const auto is_unspaced = [&] {
    return is_written_without_spaces(before) || is_written_without_spaces(after);
  };
  if (between == " ") return put(is_unspaced() ? kHyphen : kSpace);
  size_t behind = 0;
  if (is_apostrophe(next_character(between, behind)) && behind == between.size()) return;
  if (separates_clauses(between)) return put(kClauseEdge);
  bool has_space = false;
  for (size_t i = 0; i < between.size();) {
    const UChar32 c = next_character(between, i);
    has_space |= c == '/' || c == kFractionSlash || u_isUWhiteSpace(c);
  }
  put(has_space && !is_unspaced() ? kSpace : kHyphen);
}

std::pair<size_t, size_t> ComparisonText::original(size_t begin, size_t end) {
  return normal_.original(at_[begin], at_[end - 1] + size_t{1});
}

bool same_words(const ComparisonText& a, const ComparisonText& b) noexcept {
  return !a.form().empty() && match_at(a.form(), 0, b.form()) == a.form().size();
}

TitlePlace place_in_title(const ComparisonText& title_text,
                          const ComparisonText& point_text) noexcept {
  const std::string_view title = title_text.form(), point = point_text.form();
  TitlePlace place;
  if (point.empty()) return place;
  for (size_t at = title.find(point.front()); at != kNone; at = title.find(point.front(), at + 1)) {
    const size_t end = match_at(title, at, point);
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

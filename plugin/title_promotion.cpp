#include "plugin/title_promotion.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "plugin/title_negation.h"

namespace barker {
namespace {

// These join what stands on both sides of them.
constexpr auto kConjunctions = std::to_array<std::string_view>(
    {"and", "&",    "+",  "or", "n",  "plus", "und", "oder", "sowie", "et", "ou", "y",
     "e",   "o",    "ed", "en", "of", "och",  "og",  "ja",   "i",     "a",  "и",  "или",
     "ve",  "veya", "و",  "أو", "और", "या",   "và",  "dan",  "및",    "와", "과"});
// These introduce what stands behind them.
constexpr auto kIntroductions = std::to_array<std::string_view>(
    {"with", "w",   "for",  "in",    "on",    "by",    "from", "to",   "at",    "as",
     "the",  "an",  "very", "extra", "super", "ultra", "more", "most", "fully", "but",
     "than", "mit", "für",  "aus",   "von",   "bei",   "zum",  "zur",  "im",    "der",
     "die",  "das", "ein",  "eine",  "sehr",  "avec",  "pour", "de",   "en",    "du",
     "des",  "la",  "le",   "les",   "un",    "une",   "très", "con",  "para",  "por",
     "el",   "los", "las",  "una",   "muy",   "per",   "di",   "da",   "il",    "com",
     "do",   "met", "voor", "med",   "för",   "til",   "с",    "со",   "для",   "из",
     "от",   "на",  "مع",   "ل",     "के",     "की",    "का",   "ile",  "için"});
// Characters of scripts without spaces that do either; all of Hiragana is counted to them.
constexpr auto kJoiningCharacters =
    std::to_array<UChar32>({U'和', U'与', U'與', U'及', U'或', U'且', U'并', U'並', U'带',
                            U'帶', U'含', U'有', U'的', U'之', U'可', U'更', U'很', U'是',
                            U'兼', U'了', U'地', U'得', U'而', U'以', U'性', U'款', U'型'});

enum class Kind { kEdge, kWord, kOpening, kClosing, kSeparator, kStop, kOther };

// What stands beside the cut, spaces and other cuts apart.
struct Neighbour {
  Kind kind = Kind::kEdge;
  UChar32 character = 0;
  size_t begin = 0, end = 0;
  bool is_adjacent = false;  // no space between
};

bool is_sign(UChar32 c) {
  return c == 0xAE || c == 0xA9 || c == 0x2122 || c == 0x2120 || c == 0x2117;
}
bool is_space_or_control(UChar32 c) { return u_isUWhiteSpace(c) || u_iscntrl(c); }
bool is_unspaced(UChar32 c) { return is_written_without_spaces(static_cast<char32_t>(c)); }

bool is_separator(UChar32 c) {
  constexpr auto kSeparators = std::to_array<UChar32>(
      {',', ';', '/', '|', 0xB7, 0x2022, 0x3001, 0xFF0C, 0xFF1B, 0xFF0F, 0xFF5C, 0x60C, 0x61B});
  return std::ranges::find(kSeparators, c) != kSeparators.end();
}

bool is_stop(UChar32 c) {
  constexpr auto kStops =
      std::to_array<UChar32>({'.', '!', '?', 0x3002, 0xFF01, 0xFF1F, 0x61F, 0x964});
  return std::ranges::find(kStops, c) != kStops.end();
}

Kind kind_of(UChar32 c, bool is_adjacent) {
  if (u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0) return Kind::kWord;
  if (is_sign(c) || c == '%' || c == 0xFFFD) return Kind::kWord;
  if (is_separator(c)) return Kind::kSeparator;
  if (is_stop(c)) return Kind::kStop;
  switch (u_charType(c)) {
    case U_START_PUNCTUATION:
      return Kind::kOpening;
    case U_END_PUNCTUATION:
      return Kind::kClosing;
    case U_DASH_PUNCTUATION:  // without a space it is a hyphen, inside of a word
      return is_adjacent ? Kind::kOther : Kind::kSeparator;
    default:
      return Kind::kOther;
  }
}

// A title from which some cuts are gone already.
class CutTitle {
 public:
  CutTitle(std::string_view title, std::span<const TitleCut> cuts) : title_(title), cuts_(cuts) {}

  UChar32 next(size_t& at) const {
    auto index = static_cast<int64_t>(at);
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(title_.data(), index, static_cast<int64_t>(title_.size()), c);
    at = static_cast<size_t>(index);
    return c;
  }
  UChar32 previous(size_t& at) const {
    auto index = static_cast<int32_t>(at);
    UChar32 c = 0;
    U8_PREV_OR_FFFD(title_.data(), 0, index, c);
    at = static_cast<size_t>(index);
    return c;
  }
  // Moves over cuts and, where asked for, spaces.
  size_t skip_forward(size_t at, bool spaces) const {
    for (bool moved = true; moved;) {
      moved = false;
      for (const TitleCut& cut : cuts_) {
        if (at < cut.begin || at >= cut.end) continue;
        at = cut.end;
        moved = true;
      }
      size_t behind = at;
      if (!moved && spaces && at < title_.size() && is_space_or_control(next(behind))) {
        at = behind;
        moved = true;
      }
    }
    return at;
  }
  size_t skip_backward(size_t at, bool spaces) const {
    for (bool moved = true; moved;) {
      moved = false;
      for (const TitleCut& cut : cuts_) {
        if (at <= cut.begin || at > cut.end) continue;
        at = cut.begin;
        moved = true;
      }
      size_t before = at;
      if (!moved && spaces && at > 0 && is_space_or_control(previous(before))) {
        at = before;
        moved = true;
      }
    }
    return at;
  }
  Neighbour left_of(size_t begin) const {
    const size_t end = skip_backward(begin, true);
    if (end == 0) return {};
    Neighbour n{.begin = end, .end = end};
    n.character = previous(n.begin);
    n.is_adjacent = skip_backward(begin, false) == end;
    n.kind = kind_of(n.character, n.is_adjacent);
    return n;
  }
  Neighbour right_of(size_t end) const {
    const size_t begin = skip_forward(end, true);
    if (begin == title_.size()) return {.begin = begin, .end = begin};
    Neighbour n{.begin = begin, .end = begin};
    n.character = next(n.end);
    n.is_adjacent = skip_forward(end, false) == begin;
    n.kind = kind_of(n.character, n.is_adjacent);
    return n;
  }
  bool overlaps(size_t begin, size_t end) const {
    return std::ranges::any_of(
        cuts_, [&](const TitleCut& cut) { return begin < cut.end && cut.begin < end; });
  }
  // Makers' signs and invisible characters that belong to the word before them.
  size_t with_signs(size_t end) const {
    for (size_t behind = end; behind < title_.size(); end = behind) {
      const UChar32 c = next(behind);
      if (!is_sign(c) && !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) break;
    }
    return end;
  }

 private:
  std::string_view title_;
  std::span<const TitleCut> cuts_;
};

bool joins(UChar32 c) {
  UErrorCode code = U_ZERO_ERROR;
  return std::ranges::find(kJoiningCharacters, c) != kJoiningCharacters.end() ||
         uscript_getScript(c, &code) == USCRIPT_HIRAGANA;
}

// Whether a word that needs the selling point stands beside it.
bool leaves_joiner(std::string_view form, const TitlePlace& place, const Neighbour& left,
                   const Neighbour& right) {
  if (left.is_adjacent && joins(left.character)) return true;
  if (right.is_adjacent && joins(right.character)) return true;
  const auto is_in = [](const auto& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
  };
  const auto is_edge = [&](size_t at) { return is_between_words(form[at]); };
  const auto joins_words = [&](size_t at) { return is_edge(at) && !is_clause_edge(form[at]); };
  if (place.begin > 1 && joins_words(place.begin - 1)) {
    const size_t end = place.begin - 1;
    size_t begin = end;
    while (begin > 0 && !is_edge(begin - 1)) --begin;
    const std::string_view word = form.substr(begin, end - begin);
    if (is_in(kConjunctions, word) || is_in(kIntroductions, word)) return true;
  }
  if (place.end + 1 < form.size() && joins_words(place.end)) {
    const size_t begin = place.end + 1;
    size_t end = begin;
    while (end < form.size() && !is_edge(end)) ++end;
    const std::string_view word = form.substr(begin, end - begin);
    if (is_in(kConjunctions, word)) return true;
    if (left.kind != Kind::kWord && is_in(kIntroductions, word)) return true;
  }
  return false;
}

// Extends the cut over the separator that would separate nothing. False: no cut is clean.
bool take_separator(const Neighbour& left, const Neighbour& right, TitleCut& cut) {
  const Kind l = left.kind == Kind::kClosing ? Kind::kWord : left.kind;
  const Kind r = right.kind == Kind::kOpening ? Kind::kWord : right.kind;
  if (l == Kind::kOther || r == Kind::kOther) return false;
  if (l == Kind::kWord && r == Kind::kWord) {
    // Two words that only the cut kept apart would become one.
    return !left.is_adjacent || !right.is_adjacent || is_unspaced(left.character) ||
           is_unspaced(right.character);
  }
  if (l == Kind::kWord) return true;
  if (r == Kind::kWord) return true;
  if (l == Kind::kSeparator && r == Kind::kSeparator) {
    cut.end = right.end;
    return left.character == right.character;
  }
  if (l == Kind::kSeparator && r == Kind::kEdge) {
    cut.begin = left.begin;
    return true;
  }
  if (l == Kind::kEdge && r == Kind::kSeparator) {
    cut.end = right.end;
    return true;
  }
  return l == Kind::kStop && r == Kind::kEdge;
}

// Extends the cut over the spaces that would stand double, at an end, or before punctuation.
void take_spaces(const CutTitle& title, size_t size, TitleCut& cut) {
  const size_t before = title.skip_backward(cut.begin, true);
  const size_t behind = title.skip_forward(cut.end, true);
  if (before == 0) {
    cut.end = behind;
    return;
  }
  if (behind == size) {
    cut.begin = before;
    return;
  }
  const Neighbour left = title.left_of(cut.begin), right = title.right_of(cut.end);
  if (!left.is_adjacent && !right.is_adjacent) {
    cut.end = behind;
  } else if (!left.is_adjacent && right.kind != Kind::kWord && right.kind != Kind::kOpening) {
    cut.begin = before;
  } else if (!right.is_adjacent && left.kind != Kind::kWord && left.kind != Kind::kClosing) {
    cut.end = behind;
  }
}

}  // namespace

TitleCut clean_cut(ComparisonText& title, const TitlePlace& place,
                   std::span<const TitleCut> earlier) {
  const std::string_view form = title.form();
  if (place.kind != TitlePlace::kPresent) return {};
  const std::string_view found = form.substr(place.begin, place.end - place.begin);
  if (std::ranges::any_of(found, is_clause_edge)) return {};
  if (may_be_denied_before(form, place.begin)) return {};
  const CutTitle rest(title.valid(), earlier);
  TitleCut cut;
  std::tie(cut.begin, cut.end) = title.original(place.begin, place.end);
  cut.end = rest.with_signs(cut.end);
  if (rest.overlaps(cut.begin, cut.end)) return {};
  const Neighbour left = rest.left_of(cut.begin), right = rest.right_of(cut.end);
  if (leaves_joiner(form, place, left, right) || !take_separator(left, right, cut)) return {};
  take_spaces(rest, title.valid().size(), cut);
  return cut;
}

}  // namespace barker

#include "index/catalogue/mining/clauses.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/text/clauses.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

UChar32 next_character(std::string_view text, size_t& at) {
  auto i = static_cast<int32_t>(at);
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(reinterpret_cast<const uint8_t*>(text.data()), i,
                  static_cast<int32_t>(text.size()), c);
  at = static_cast<size_t>(i);
  return c;
}

bool is_cjk(UChar32 c) {
  if (c < 0x2E80) return false;
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &error);
  // The long vowel and the iteration mark of kana are of no single script.
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         c == 0x30FC || c == 0xFF70;
}

bool is_part_of_word(UChar32 c) {
  return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) || c == 0x200C || c == 0x200D;
}

bool is_apostrophe(UChar32 c) {
  return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x02BC || c == 0xFF07 || c == 0x2032;
}

// Normal form of a word, with every apostrophe as the plain one.
std::string unit_text(std::string_view word) {
  std::string plain;
  for (size_t at = 0; at < word.size();) {
    const size_t begin = at;
    if (is_apostrophe(next_character(word, at))) {
      plain += '\'';
    } else {
      plain += word.substr(begin, at - begin);
    }
  }
  return normalize_keyword(plain);
}

// Words and Chinese or Japanese characters of the text. An apostrophe between letters, and a full
// stop or a comma between digits or letters that touch it, belong to the word.
std::vector<Unit> units_of(std::string_view text) {
  std::vector<Unit> units;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const UChar32 first = next_character(text, at);
    if (!is_part_of_word(first)) continue;
    Unit unit{.text = {}, .begin = begin, .end = at, .is_character = is_cjk(first)};
    for (size_t next = at; !unit.is_character && next < text.size();) {
      const UChar32 c = next_character(text, next);
      if (is_part_of_word(c) && !is_cjk(c)) {
        at = unit.end = next;
        continue;
      }
      if (!is_apostrophe(c) && c != '.' && c != ',') break;
      const bool joins_digits = u_isdigit(static_cast<unsigned char>(text[unit.end - 1]));
      if (next == text.size()) break;
      const UChar32 behind = next_character(text, next);
      if (!is_part_of_word(behind) || is_cjk(behind)) break;
      if (c == ',' && !(joins_digits && u_isdigit(behind))) break;
      at = unit.end = next;
    }
    unit.text = unit_text(text.substr(unit.begin, unit.end - unit.begin));
    units.push_back(std::move(unit));
  }
  return units;
}

Separator kind_of(std::string_view between) {
  static constexpr std::array<UChar32, 6> kCrosses = {0x2717, 0x2718, 0x2716,
                                                      0x274C, 0x2715, 0x1F6AB};
  Separator kind = Separator::kLink;
  for (size_t at = 0; at < between.size();) {
    const UChar32 c = next_character(between, at);
    if (std::ranges::find(kCrosses, c) != kCrosses.end()) return Separator::kCross;
    if (c == '.' || c == '!' || c == ';' || c == 0x3002 || c == 0xFF01 || c == 0xFF1B) {
      kind = Separator::kSentence;
    } else if (kind != Separator::kSentence && (c == ',' || c == 0xFF0C || c == 0x060C)) {
      kind = Separator::kComma;
    } else if (kind != Separator::kSentence && (c == 0x3001 || c == 0xFF64)) {
      kind = Separator::kEnumeration;
    } else if (kind == Separator::kLink &&
               (c == '\n' || c == '|' || c == 0x2022 || c == 0xB7 || c == 0xFF5C)) {
      kind = Separator::kLine;
    }
  }
  return kind;
}

bool has_space(std::string_view between) {
  for (size_t at = 0; at < between.size();) {
    if (u_isUWhiteSpace(next_character(between, at))) return true;
  }
  return false;
}

}  // namespace

std::vector<Clause> clauses_of(std::string_view text) {
  std::vector<Clause> clauses;
  size_t end = 0;  // of the unit before
  for (Unit& unit : units_of(text)) {
    const std::string_view between = text.substr(end, unit.begin - end);
    if (clauses.empty()) {
      clauses.emplace_back();
    } else if (between.find('=') != std::string_view::npos || separates_clauses(between)) {
      clauses.back().after = kind_of(between);
      clauses.emplace_back();
    } else if (has_space(between) &&
               (unit.is_character || clauses.back().units.back().is_character)) {
      clauses.back().after = Separator::kSpace;
      clauses.emplace_back();
    }
    end = unit.end;
    clauses.back().units.push_back(std::move(unit));
  }
  if (!clauses.empty() && kind_of(text.substr(end)) == Separator::kCross) {
    clauses.back().after = Separator::kCross;
  }
  mark_negated(clauses);
  return clauses;
}

}  // namespace barker

#include "models/text/units.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/text/character_class.h"

namespace barker {
namespace {

constexpr auto kPlainUnits = std::to_array<std::string_view>(
    {"ah",  "btu", "cc",   "cl",  "cm",  "ct",   "db",  "dl",  "dm",   "dpi", "fps",  "ft",
     "g",   "gb",  "gbps", "ghz", "gsm", "hp",   "hrs", "hz",  "inch", "kb",  "kbps", "kcal",
     "kg",  "khz", "kj",   "km",  "kmh", "kpa",  "kv",  "kw",  "kwh",  "l",   "lb",   "lbs",
     "lm",  "ltr", "mah",  "ma",  "mb",  "mbps", "mcg", "mg",  "mhz",  "min", "ml",   "mm",
     "mp",  "mph", "mw",   "nm",  "oz",  "pcs",  "pk",  "ppi", "psi",  "rpm", "tb",   "tbsp",
     "tsp", "ug",  "um",   "v",   "va",  "w",    "wh",  "yd",  "μg",   "μl",  "μm",   "г",
     "гб",  "гц",  "кг",   "км",  "л",   "мг",   "мл",  "мм",  "см",   "шт"});

constexpr auto kAmbiguousUnits =
    std::to_array<std::string_view>({"a", "h", "in", "m", "pa", "pc", "t", "в", "м"});

constexpr auto kMeasureWords = std::to_array<std::string_view>(
    {"毫升", "升", "克", "千克", "公斤", "斤",     "片",    "支",   "瓶",   "盒",   "件",
     "条",   "双", "只", "个",   "包",   "袋",     "寸",    "英寸", "厘米", "毫米", "米",
     "码",   "号", "色", "层",   "年",   "岁",     "周",    "天",   "張",   "张",   "枚",
     "個",   "箱", "罐", "粒",   "套",   "條",     "雙",    "入",   "組",   "瓦",   "公分",
     "台",   "块", "塊", "桶",   "毫安", "グラム", "センチ"});

constexpr size_t kLongestUnit = 18;    // bytes; no name in the tables is longer
constexpr size_t kLongestNumber = 24;  // bytes of a number that are looked at

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Whether a number right behind this character belongs to a name. Chinese and Korean words end where
// a number begins.
bool is_of_name(const Glyph& glyph) {
  return glyph.kind == GlyphKind::kLetter || glyph.kind == GlyphKind::kDigit ||
         glyph.kind == GlyphKind::kMark;
}

// Whether the digits that end before `end` are a number of their own: "50", "1.5", "10-20", "2x50";
// but not those of "mp3" and "wh-1000".
bool is_number_before(std::string_view text, size_t end) {
  size_t at = end;
  const size_t stop = end - std::min(end, kLongestNumber);
  const auto digit_at = [&](size_t i) { return is_ascii_digit(text[i]); };
  while (at > stop) {
    const char c = text[at - 1];
    const bool joins = c == '.' || c == ',' || c == '-' || c == 'x' || c == ':';
    if (!digit_at(at - 1) && !(joins && at >= 2 && digit_at(at - 2))) break;
    --at;
  }
  if (at == 0) return true;
  if (at == stop) return false;
  const Glyph before = last_glyph(text.substr(0, at));
  if (is_of_name(before)) return false;
  // One hyphen or underscore joins the number to a word before it.
  const bool joins = before.code == '-' || before.code == '_';
  if (!joins || at == before.size) return true;
  const Glyph word = last_glyph(text.substr(0, at - before.size));
  return !is_of_name(word) && word.kind != GlyphKind::kHangul;
}

// Whether a unit that ends at `end` is a word of its own: no sign behind it joins it to another, as
// in "v-neck", "l'oreal" and "l&l". These are the rules of words.cpp for letters.
bool ends_word(std::string_view text, size_t begin, size_t end) {
  if (end == text.size()) return true;
  const Glyph next = first_glyph(text.substr(end));
  if (is_of_name(next)) return false;
  if (end + next.size == text.size()) return true;
  const std::string_view behind = text.substr(end + next.size);
  const Glyph word = first_glyph(behind);
  switch (next.code) {
    case '-':
    case '_':
      return !word.is_letter_or_digit();
    case '\'':
      return word.kind != GlyphKind::kLetter;
    case '&':
      return !word.is_letter_or_digit() ||
             part_length(text.substr(begin, end - begin), 4) + part_length(behind, 4) >
                 kLongestInitials;
    default:
      return true;
  }
}

bool ends_clause(std::string_view text, size_t end) {
  while (end < text.size()) {
    const Glyph next = first_glyph(text.substr(end));
    if (!next.is_space()) return !next.is_word();
    end += next.size;
  }
  return true;
}

// The letters at the head of `text`, as far as they can be a unit.
std::string_view leading_letters(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && end < kLongestUnit) {
    const Glyph next = first_glyph(text.substr(end));
    if (next.kind != GlyphKind::kLetter) break;
    end += next.size;
  }
  return text.substr(0, end);
}

// Whether a unit stands at `begin`, behind white space or a hyphen.
bool is_unit(std::string_view text, size_t begin, bool is_behind_hyphen) {
  const std::string_view rest = text.substr(begin);
  if (first_glyph(rest).kind == GlyphKind::kDictionary) {
    const auto opens = [&](std::string_view word) { return rest.starts_with(word); };
    return !is_behind_hyphen && std::ranges::any_of(kMeasureWords, opens);
  }
  const std::string_view unit = leading_letters(rest);
  const size_t end = begin + unit.size();
  if (!ends_word(text, begin, end)) return false;
  if (contains(kPlainUnits, unit)) return true;
  return !is_behind_hyphen && contains(kAmbiguousUnits, unit) && ends_clause(text, end);
}

// How many bytes from `gap` on separate the number before it from a unit; 0 where they do not.
size_t gap_size(std::string_view text, size_t gap) {
  size_t begin = gap;
  const bool is_hyphen = text[gap] == '-';
  if (is_hyphen) {
    ++begin;
  } else {
    while (begin < text.size()) {
      const Glyph next = first_glyph(text.substr(begin));
      if (!next.is_space()) break;
      begin += next.size;
    }
  }
  if (begin == gap || begin == text.size()) return 0;
  return is_unit(text, begin, is_hyphen) && is_number_before(text, gap) ? begin - gap : 0;
}

// Whether a byte of text[begin, end) may begin a gap: white space, a hyphen or the first byte of a
// character beyond ASCII, behind a digit. Most texts have none, and this loop, which has no branch,
// says so fast. `begin` > 0.
bool may_have_gap(std::string_view text, size_t begin, size_t end) {
  constexpr uint8_t kFirstLead = 0xC2;
  uint8_t found = 0;
  for (size_t i = begin; i < end; ++i) {
    const auto before = static_cast<uint8_t>(text[i - 1] - '0');
    const auto c = static_cast<uint8_t>(text[i]);
    const bool opens = (c <= ' ') | (c == '-') | (c >= kFirstLead);
    found = static_cast<uint8_t>(found | ((before < 10) & opens));
  }
  return found != 0;
}

}  // namespace

std::span<const std::string_view> plain_units() { return kPlainUnits; }
std::span<const std::string_view> ambiguous_units() { return kAmbiguousUnits; }
std::span<const std::string_view> measure_words() { return kMeasureWords; }

bool is_measure_word(std::string_view word) { return contains(kMeasureWords, word); }

UnitGap next_unit_gap(std::string_view text, size_t at) {
  constexpr size_t kBlock = 64;
  at = std::max(at, size_t{1});
  while (at < text.size()) {
    const size_t end = std::min(at + kBlock, text.size());
    if (!may_have_gap(text, at, end)) {
      at = end;
      continue;
    }
    for (; at < end; ++at) {
      if (!is_ascii_digit(text[at - 1]) || is_ascii_letter_or_digit(text[at])) continue;
      if (const size_t size = gap_size(text, at); size > 0) return {at, size};
    }
  }
  return {text.size(), 0};
}

}  // namespace barker

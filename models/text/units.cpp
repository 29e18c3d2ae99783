#include "models/text/units.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "models/text/character_class.h"
#include "models/text/parts.h"

namespace barker {
namespace {

constexpr auto kPlainUnits = std::to_array<std::string_view>(
    {"ah",  "btu", "cc",   "cl",  "cm",   "ct",  "db",  "dl",   "dm",  "dpi",  "fps",  "ft",
     "g",   "gb",  "gbps", "ghz", "gsm",  "hrs", "hz",  "inch", "kb",  "kbps", "kcal", "kg",
     "khz", "kj",  "km",   "kmh", "kpa",  "kv",  "kw",  "kwh",  "l",   "lb",   "lbs",  "lm",
     "ltr", "mah", "ma",   "mb",  "mbps", "mcg", "mg",  "mhz",  "min", "ml",   "mm",   "mp",
     "mph", "mw",  "nm",   "oz",  "pcs",  "pk",  "ppi", "psi",  "rpm", "tb",   "tbsp", "tsp",
     "ug",  "v",   "va",   "w",   "wh",   "yd",  "μg",  "μl",   "μm",  "г",    "гб",   "гц",
     "кг",  "км",  "л",    "мг",  "мл",   "мм",  "см",  "шт"});

constexpr auto kAmbiguousUnits =
    std::to_array<std::string_view>({"a", "h", "hp", "in", "m", "pa", "pc", "t", "um", "в", "м"});

constexpr auto kMeasureWords = std::to_array<std::string_view>(
    {"毫升", "升", "克", "千克", "公斤", "斤",     "片",    "支",   "瓶",   "盒",   "件",
     "条",   "双", "只", "个",   "包",   "袋",     "寸",    "英寸", "厘米", "毫米", "米",
     "码",   "号", "色", "层",   "年",   "岁",     "周",    "天",   "張",   "张",   "枚",
     "個",   "箱", "罐", "粒",   "套",   "條",     "雙",    "入",   "組",   "瓦",   "公分",
     "台",   "块", "塊", "桶",   "毫安", "グラム", "センチ"});

constexpr size_t kLongestUnit = sizeof(uint64_t);  // bytes, but for measure words
constexpr size_t kLongestNumber = 24;              // bytes of a number that are looked at

// A name as one number, so that names are compared at once.
constexpr uint64_t packed(std::string_view name) {
  uint64_t bytes = 0;
  for (const char c : name) bytes = bytes << 8 | static_cast<unsigned char>(c);
  return bytes;
}

enum class UnitKind : uint8_t { kNone, kPlain, kAmbiguous };

// The kinds of the units by their names, in a hash table that is made by the compiler.
class UnitTable {
 public:
  constexpr UnitTable() {
    for (const std::string_view name : kPlainUnits) add(name, UnitKind::kPlain);
    for (const std::string_view name : kAmbiguousUnits) add(name, UnitKind::kAmbiguous);
  }

  UnitKind kind(uint64_t name) const {
    size_t slot = slot_of(name);
    while (names_[slot] != name && names_[slot] != 0) slot = next(slot);
    return kinds_[slot];
  }

 private:
  static constexpr size_t kSlots = 256;
  static_assert(kPlainUnits.size() + kAmbiguousUnits.size() < kSlots / 2);

  static constexpr size_t slot_of(uint64_t name) { return name * 0x9E3779B97F4A7C15u >> 56; }
  static constexpr size_t next(size_t slot) { return (slot + 1) % kSlots; }

  constexpr void add(std::string_view name, UnitKind kind) {
    if (name.size() > kLongestUnit) throw std::length_error("a unit's name");  // does not compile
    size_t slot = slot_of(packed(name));
    while (names_[slot] != 0) slot = next(slot);
    names_[slot] = packed(name);
    kinds_[slot] = kind;
  }

  std::array<uint64_t, kSlots> names_{};  // packed
  std::array<UnitKind, kSlots> kinds_{};
};

constexpr UnitTable kUnits;

bool opens_with_measure_word(std::string_view text) {
  return std::ranges::any_of(kMeasureWords,
                             [&](std::string_view word) { return text.starts_with(word); });
}

// Whether a number right behind this character belongs to a name. Chinese and Korean words end
// where a number begins.
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

// Whether a unit is a word of its own: no sign behind it joins it to more, as in "v-neck",
// "l'oreal", "l&l", "w/o" and "v.i.p.".
bool ends_word(std::string_view text, size_t begin, size_t end) {
  if (end == text.size()) return true;
  const Glyph sign = first_glyph(text.substr(end));
  if (is_of_name(sign)) return false;
  if (end + sign.size == text.size()) return true;
  const Glyph right = first_glyph(text.substr(end + sign.size));
  if (!right.is_letter_or_digit()) return true;
  return !joins_parts(text, {begin, last_glyph(text.substr(0, end)), sign, end, right,
                             /*is_number=*/false});
}

size_t skip_spaces(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Glyph next = first_glyph(text.substr(at));
    if (!next.is_space()) break;
    at += next.size;
  }
  return at;
}

// Whether no word follows at `end`, with or without white space before it.
bool ends_clause(std::string_view text, size_t end) {
  end = skip_spaces(text, end);
  return end == text.size() || !first_glyph(text.substr(end)).is_word();
}

struct Letters {
  uint64_t name = 0;  // packed; 0 where they are too many for a unit
  size_t size = 0;
};

// The letters at the head of `text`.
Letters leading_letters(std::string_view text) {
  Letters letters;
  for (;;) {
    const std::string_view rest = text.substr(letters.size);
    if (rest.empty()) return letters;
    const Glyph next = first_glyph(rest);
    if (next.kind != GlyphKind::kLetter) return letters;
    letters.size += next.size;
    if (letters.size > kLongestUnit) return {};
    for (const char c : rest.substr(0, next.size)) {
      letters.name = letters.name << 8 | static_cast<unsigned char>(c);
    }
  }
}

// Whether a unit of any kind may stand at `at`.
bool may_be_unit(std::string_view text, size_t at) {
  if (at == text.size()) return false;
  const std::string_view rest = text.substr(at);
  if (first_glyph(rest).kind == GlyphKind::kDictionary) return opens_with_measure_word(rest);
  const Letters unit = leading_letters(rest);
  if (kUnits.kind(unit.name) == UnitKind::kNone) return false;
  return unit.size == rest.size() || !is_of_name(first_glyph(rest.substr(unit.size)));
}

// Whether white space and a digit that stands alone and has no unit follow at `at`.
bool is_before_lone_digit(std::string_view text, size_t at) {
  const size_t digit = skip_spaces(text, at), behind = digit + 1;
  if (digit == at || digit == text.size() || !is_ascii_digit(text[digit])) return false;
  if (behind == text.size()) return true;
  const Glyph next = first_glyph(text.substr(behind));
  if (next.is_space()) return !may_be_unit(text, skip_spaces(text, behind));
  if (next.is_word() || next.kind == GlyphKind::kMark) return false;
  const size_t sign_end = behind + next.size;
  return sign_end == text.size() || !first_glyph(text.substr(sign_end)).is_word();
}

// Whether volts and watts are something else where they end at `end`: "3 w 1" and "2 v 1" are
// "three in one" in Polish and "two in one" in Czech, "5 v 5" is "five versus five", "w/" is
// "with".
bool is_preposition(std::string_view text, uint64_t unit, size_t end) {
  if (unit != packed("v") && unit != packed("w")) return false;
  return is_before_lone_digit(text, end) ||
         (unit == packed("w") && text.substr(end).starts_with('/'));
}

// Whether a unit stands at `begin`, behind white space or a hyphen.
bool is_unit(std::string_view text, size_t begin, bool is_behind_hyphen) {
  const std::string_view rest = text.substr(begin);
  if (first_glyph(rest).kind == GlyphKind::kDictionary) {
    return !is_behind_hyphen && opens_with_measure_word(rest);
  }
  const Letters unit = leading_letters(rest);
  const size_t end = begin + unit.size;
  switch (kUnits.kind(unit.name)) {
    case UnitKind::kPlain:
      return ends_word(text, begin, end) && !is_preposition(text, unit.name, end);
    case UnitKind::kAmbiguous:
      return !is_behind_hyphen && ends_clause(text, end) && ends_word(text, begin, end);
    default:
      return false;
  }
}

// How many bytes from `gap` on separate the number before it from a unit; 0 where they do not.
size_t gap_size(std::string_view text, size_t gap) {
  size_t begin = gap;
  const bool is_hyphen = text[gap] == '-';
  if (is_hyphen) {
    ++begin;
  } else {
    begin = skip_spaces(text, begin);
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

bool is_measure_word(std::string_view word) {
  return std::ranges::find(kMeasureWords, word) != kMeasureWords.end();
}

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

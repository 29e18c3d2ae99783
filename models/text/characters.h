// What cleaning and measuring need to know of a character (a Unicode code point): whether it is
// seen, how many columns it takes, and how it joins its neighbours. The facts are ICU's. They are
// read once, within some 35 ms, into a table of 63 KB, so that looking one up costs a
// nanosecond, allocates nothing and cannot fail.
//
// Thread rule: the first call of get() builds the table, other callers wait for it, and it never
// changes. Only that first call allocates; std::bad_alloc leaves the building to the next call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace barker {

// Grapheme_Cluster_Break of Unicode Standard Annex 29.
enum class ClusterBreak : uint8_t {
  kOther,
  kCarriageReturn,
  kLineFeed,
  kControl,
  kExtend,
  kJoiner,
  kRegionalIndicator,
  kPrepend,
  kSpacingMark,
  kLeadingJamo,
  kVowelJamo,
  kTrailingJamo,
  kOpenSyllable,    // LV
  kClosedSyllable,  // LVT
};

constexpr char32_t kReplacementCharacter = 0xFFFD;  // what invalid UTF-8 is replaced by
inline constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";  // the same as bytes
constexpr char32_t kZeroWidthNonJoiner = 0x200C;
constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr char32_t kTextSelector = 0xFE0E;   // the emoji before it is drawn as text
constexpr char32_t kEmojiSelector = 0xFE0F;  // the emoji before it is drawn as a picture

constexpr bool is_emoji_selector(char32_t c) { return c == kTextSelector || c == kEmojiSelector; }

class Character {
 public:
  enum Flag : uint16_t {
    kControl = 1 << 6,            // general category Cc
    kHidden = 1 << 7,             // takes no room: it reorders, hides or fakes text
    kPictographic = 1 << 8,       // Extended_Pictographic: may be joined into one picture
    kEmoji = 1 << 9,              // Emoji; digits are among them
    kEmojiModifier = 1 << 10,     // a skin tone
    kTakesModifier = 1 << 11,     // an emoji that a skin tone changes
    kConsonant = 1 << 12,         // of an Indic script that links consonants into one letter
    kVirama = 1 << 13,            // the sign between two consonants that links them
    kConjunctExtender = 1 << 14,  // a sign that may stand beside the virama and changes nothing
  };

  constexpr Character() = default;
  constexpr Character(ClusterBreak cluster_break, unsigned columns, unsigned flags)
      : bits_(static_cast<uint16_t>(flags | columns << 4 | static_cast<unsigned>(cluster_break))) {}

  constexpr ClusterBreak cluster_break() const { return static_cast<ClusterBreak>(bits_ & 15); }
  // Of a terminal, when the character stands alone: 0, 1 or 2. Ambiguous ones take one.
  constexpr unsigned columns() const { return bits_ >> 4 & 3; }
  constexpr bool is(unsigned any_of_these_flags) const { return bits_ & any_of_these_flags; }
  constexpr bool operator==(const Character&) const = default;

 private:
  uint16_t bits_ = 0;
};

class CharacterTable {
 public:
  static const CharacterTable& get();

  // `c` must be a code point: at most 0x10FFFF.
  Character operator[](char32_t c) const noexcept {
    return blocks_[block_of_[c / kBlockSize]][c % kBlockSize];
  }

 private:
  static constexpr size_t kBlockSize = 128, kCodePoints = 0x110000;
  using Block = std::array<Character, kBlockSize>;

  CharacterTable();

  std::array<uint16_t, kCodePoints / kBlockSize> block_of_{};
  std::vector<Block> blocks_;  // distinct ones
};

}  // namespace barker

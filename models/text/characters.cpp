#include "models/text/characters.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>

namespace barker {
namespace {

ClusterBreak cluster_break_of(UChar32 c) {
  switch (u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)) {
    case U_GCB_CR:
      return ClusterBreak::kCarriageReturn;
    case U_GCB_LF:
      return ClusterBreak::kLineFeed;
    case U_GCB_CONTROL:
      return ClusterBreak::kControl;
    case U_GCB_EXTEND:
      return ClusterBreak::kExtend;
    case U_GCB_ZWJ:
      return ClusterBreak::kJoiner;
    case U_GCB_REGIONAL_INDICATOR:
      return ClusterBreak::kRegionalIndicator;
    case U_GCB_PREPEND:
      return ClusterBreak::kPrepend;
    case U_GCB_SPACING_MARK:
      return ClusterBreak::kSpacingMark;
    case U_GCB_L:
      return ClusterBreak::kLeadingJamo;
    case U_GCB_V:
      return ClusterBreak::kVowelJamo;
    case U_GCB_T:
      return ClusterBreak::kTrailingJamo;
    case U_GCB_LV:
      return ClusterBreak::kOpenSyllable;
    case U_GCB_LVT:
      return ClusterBreak::kClosedSyllable;
    default:
      return ClusterBreak::kOther;
  }
}

bool is_line_or_paragraph_separator(int8_t category) {
  return category == U_LINE_SEPARATOR || category == U_PARAGRAPH_SEPARATOR;
}

unsigned columns_of(UChar32 c, int8_t category, ClusterBreak cluster_break, bool ignorable) {
  if (category == U_CONTROL_CHAR || is_line_or_paragraph_separator(category) || ignorable) return 0;
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK) return 0;
  // Format characters are invisible, except the number signs of Arabic and Syriac and similar
  // signs.
  if (category == U_FORMAT_CHAR) {
    return u_hasBinaryProperty(c, UCHAR_PREPENDED_CONCATENATION_MARK) ? 1 : 0;
  }
  // The vowel and the last consonant of a Korean syllable are drawn inside of its first consonant.
  if (cluster_break == ClusterBreak::kVowelJamo || cluster_break == ClusterBreak::kTrailingJamo) {
    return 0;
  }
  // Half of a flag takes one column, so that two make a flag's two.
  if (cluster_break == ClusterBreak::kRegionalIndicator) return 1;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  const bool wide = width == U_EA_WIDE || width == U_EA_FULLWIDTH ||
                    u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION);
  return wide ? 2 : 1;
}

// Rule GB9c, for the scripts in which CLDR applies it.
bool links_consonants(UChar32 c) {
  UErrorCode code = U_ZERO_ERROR;
  switch (uscript_getScript(c, &code)) {
    case USCRIPT_BENGALI:
    case USCRIPT_DEVANAGARI:
    case USCRIPT_GUJARATI:
    case USCRIPT_MALAYALAM:
    case USCRIPT_ORIYA:
    case USCRIPT_TELUGU:
      return true;
    default:
      return false;
  }
}

unsigned conjunct_flags_of(UChar32 c, ClusterBreak cluster_break) {
  unsigned flags = 0;
  const int syllabic = u_getIntPropertyValue(c, UCHAR_INDIC_SYLLABIC_CATEGORY);
  if (syllabic == U_INSC_CONSONANT && links_consonants(c)) flags |= Character::kConsonant;
  if (syllabic == U_INSC_VIRAMA && links_consonants(c)) flags |= Character::kVirama;
  const bool reorders = u_getCombiningClass(c) != 0;
  if (cluster_break == ClusterBreak::kJoiner ||
      (cluster_break == ClusterBreak::kExtend && reorders)) {
    flags |= Character::kConjunctExtender;
  }
  return flags;
}

Character character_of(UChar32 c) {
  const int8_t category = u_charType(c);
  const bool ignorable = u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
  const ClusterBreak cluster_break = cluster_break_of(c);
  unsigned flags = conjunct_flags_of(c, cluster_break);
  if (category == U_CONTROL_CHAR) flags |= Character::kControl;
  if (ignorable || category == U_FORMAT_CHAR || is_line_or_paragraph_separator(category)) {
    flags |= Character::kHidden;
  }
  if (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC)) flags |= Character::kPictographic;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI)) flags |= Character::kEmoji;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER)) flags |= Character::kEmojiModifier;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER_BASE)) flags |= Character::kTakesModifier;
  return {cluster_break, columns_of(c, category, cluster_break, ignorable), flags};
}

// Planes 4 to 13 hold no characters, and planes 15 and 16 are for private use. The code points of
// each of the two are all alike, so that looking at one block of them makes the table in a third of
// the time. A test compares every code point with ICU.
char32_t first_of_its_kind(char32_t first_of_block) {
  constexpr char32_t kPlane = 0x10000, kUnused = 4 * kPlane, kPrivateUse = 15 * kPlane;
  const char32_t plane = first_of_block / kPlane;
  if (plane >= 15) return kPrivateUse;
  return plane >= 4 && plane <= 13 ? kUnused : first_of_block;
}

}  // namespace

const CharacterTable& CharacterTable::get() {
  static const CharacterTable table;
  return table;
}

CharacterTable::CharacterTable() {
  for (char32_t first = 0; first < kCodePoints; first += kBlockSize) {
    uint16_t& index = block_of_[first / kBlockSize];
    if (const char32_t alike = first_of_its_kind(first); alike != first) {
      index = block_of_[alike / kBlockSize];
      continue;
    }
    Block block;
    for (size_t i = 0; i < kBlockSize; ++i) {
      block[i] = character_of(static_cast<UChar32>(first + i));
    }
    const auto found = std::ranges::find(blocks_, block);
    index = static_cast<uint16_t>(found - blocks_.begin());
    if (found == blocks_.end()) blocks_.push_back(block);
  }
}

}  // namespace barker

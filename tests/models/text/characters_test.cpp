// The table of characters against ICU, and columns against the C library, at every code point.
#include "models/text/characters.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>

#include <clocale>
#include <cwchar>
#include <string>

namespace barker {
namespace {

constexpr char32_t kCodePoints = 0x110000;

bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

std::string name_of(char32_t c) {
  char name[128] = "";
  UErrorCode code = U_ZERO_ERROR;
  const auto point = static_cast<UChar32>(c);
  u_charName(point, U_EXTENDED_CHAR_NAME, name, sizeof name, &code);
  return std::string(name) + ", category " + std::to_string(u_charType(point));
}

TEST(CharacterTable, HasTheFactsOfIcuForEveryCodePoint) {
  const CharacterTable& table = CharacterTable::get();
  for (char32_t code = 0; code < kCodePoints; ++code) {
    const auto c = static_cast<UChar32>(code);
    const Character found = table[code];
    const auto category = u_charType(c);
    const auto has = [&](UProperty property) {
      return bool{u_hasBinaryProperty(c, property) != 0};
    };
    ASSERT_EQ(found.is(Character::kControl), category == U_CONTROL_CHAR) << name_of(code);
    ASSERT_EQ(found.is(Character::kHidden),
              has(UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || category == U_FORMAT_CHAR ||
                  category == U_LINE_SEPARATOR || category == U_PARAGRAPH_SEPARATOR)
        << name_of(code);
    ASSERT_EQ(found.is(Character::kPictographic), has(UCHAR_EXTENDED_PICTOGRAPHIC))
        << name_of(code);
    ASSERT_EQ(found.is(Character::kEmoji), has(UCHAR_EMOJI)) << name_of(code);
    ASSERT_EQ(found.is(Character::kEmojiModifier), has(UCHAR_EMOJI_MODIFIER)) << name_of(code);
    ASSERT_EQ(found.is(Character::kTakesModifier), has(UCHAR_EMOJI_MODIFIER_BASE)) << name_of(code);
    const bool is_other = u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) == U_GCB_OTHER;
    ASSERT_EQ(found.cluster_break() == ClusterBreak::kOther, is_other) << name_of(code);
  }
}

// Why a character has other columns than wcwidth() of the C library says, or nullptr where it must
// have the same.
const char* reason_to_differ(char32_t code, int expected) {
  const auto c = static_cast<UChar32>(code);
  if (expected < 0) return "the C library knows no width: a control character or a newer character";
  if (u_charType(c) == U_UNASSIGNED) return "the C library's Unicode is newer than ICU's";
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) {
    return "soft hyphen and Hangul fillers: nothing of them can be seen";
  }
  if (c >= 0x3248 && c <= 0x324F)
    return "circled numbers: ambiguous in Unicode, wide in the library";
  if (c >= 0x4DC0 && c <= 0x4DFF) return "hexagrams: narrow before Unicode 16, wide in the library";
  return nullptr;
}

TEST(CharacterTable, HasTheColumnsOfTheCLibraryButForKnownClasses) {
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) GTEST_SKIP() << "this machine has no C.UTF-8 locale";
  const CharacterTable& table = CharacterTable::get();
  int same = 0, wide = 0, none = 0, differ = 0;
  for (char32_t code = 1; code < kCodePoints; ++code) {
    if (is_surrogate(code)) continue;
    const int expected = wcwidth(static_cast<wchar_t>(code));
    const auto columns = static_cast<int>(table[code].columns());
    if (expected == columns) {
      ++same;
      wide += columns == 2;
      none += columns == 0;
    } else {
      EXPECT_NE(reason_to_differ(code, expected), nullptr)
          << name_of(code) << ": " << columns << " columns, wcwidth() says " << expected;
      differ += expected >= 0;
    }
  }
  std::setlocale(LC_CTYPE, "C");
  EXPECT_GT(same, 270'000);  // nearly all that are assigned
  EXPECT_GT(wide, 110'000);
  EXPECT_GT(none, 1'500);
  EXPECT_LT(differ, 100);
}

TEST(CharacterTable, CountsControlAndHiddenCharactersAsNoColumn) {
  const CharacterTable& table = CharacterTable::get();
  for (const char32_t c : {U'\0', U'\n', U'\x7F', U'\x85', U'\x2028', U'\x200B', U'\xFEFF',
                           U'\xFE0F', U'\x202E', char32_t{0xE0041}}) {
    EXPECT_EQ(table[c].columns(), 0u) << name_of(c);
  }
}

}  // namespace
}  // namespace barker

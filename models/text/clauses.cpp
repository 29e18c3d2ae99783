#include "models/text/clauses.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/text/characters.h"
#include "models/text/signs.h"

namespace barker {
namespace {

constexpr auto kAbbreviations =
    std::to_array<std::string_view>({"dr", "mr", "mrs", "ms", "no", "prof", "st", "vs"});

enum class Role : uint8_t {
  kNone,
  kSpace,
  kEnd,    // separates wherever it stands
  kApart,  // separates where spaces stand on both sides
};

constexpr auto kAsciiRoles = [] {
  std::array<Role, 0x80> roles{};
  for (const char c : std::string_view("\n\r|.,;:!?()[]{}"))
    roles[static_cast<size_t>(c)] = Role::kEnd;
  for (const char c : std::string_view(" \t\v\f")) roles[static_cast<size_t>(c)] = Role::kSpace;
  for (const char c : std::string_view("-/\\~")) roles[static_cast<size_t>(c)] = Role::kApart;
  return roles;
}();

Role role_beyond_ascii(UChar32 c) {
  constexpr UChar32 kBrokenBar = 0xA6, kDegree = 0xB0, kMiddleDot = 0xB7, kEmDash = 0x2014,
                    kHorizontalBar = 0x2015, kBullet = 0x2022, kFirstDrawn = 0x2500,
                    kLastDrawn = 0x257F, kKatakanaMiddleDot = 0x30FB, kFullWidthBar = 0xFF5C;
  // Japanese joins the parts of foreign names by it.
  if (c == kKatakanaMiddleDot) return Role::kNone;
  if (c == kMiddleDot || c == kEmDash || c == kHorizontalBar || c == kBullet || c == kBrokenBar ||
      c == kFullWidthBar || (c >= kFirstDrawn && c <= kLastDrawn)) {
    return Role::kEnd;
  }
  if (u_hasBinaryProperty(c, UCHAR_TERMINAL_PUNCTUATION)) return Role::kEnd;
  switch (u_charType(c)) {
    case U_START_PUNCTUATION:
    case U_END_PUNCTUATION:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
      return Role::kEnd;
    case U_DASH_PUNCTUATION:
      return Role::kApart;
    case U_OTHER_SYMBOL: {  // stars, ticks and pictures; neither makers' signs nor invalid bytes
      const bool is_of_word = is_makers_sign(static_cast<char32_t>(c)) || c == kDegree ||
                              c == static_cast<UChar32>(kReplacementCharacter);
      return is_of_word ? Role::kNone : Role::kEnd;
    }
    default:
      return u_isUWhiteSpace(c) ? Role::kSpace : Role::kNone;
  }
}

// A full stop or a middle dot between two words without a space joins them: "Dr.Martens",
// "乔治·阿玛尼".
bool joins_without_space(std::string_view between) { return between == "." || between == "·"; }

}  // namespace

std::span<const std::string_view> abbreviations() { return kAbbreviations; }

bool separates_clauses(std::string_view between) {
  if (between == " " || joins_without_space(between)) return false;
  const auto* text = reinterpret_cast<const uint8_t*>(between.data());
  const auto size = static_cast<int32_t>(between.size());
  bool is_behind_space = false, is_dash_apart = false;
  for (int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text, i, size, c);
    const Role role = c < 0x80 ? kAsciiRoles[static_cast<size_t>(c)] : role_beyond_ascii(c);
    if (role == Role::kEnd) return true;
    if (role == Role::kSpace && is_dash_apart) return true;
    is_dash_apart = role == Role::kApart && (is_behind_space || is_dash_apart);
    is_behind_space = role == Role::kSpace;
  }
  return false;
}

bool separates_clauses(std::string_view left, std::string_view between) {
  if (!separates_clauses(between)) return false;
  const bool is_full_stop =
      between.front() == '.' && between.find_first_not_of(' ', 1) == std::string_view::npos;
  return !is_full_stop || std::ranges::find(kAbbreviations, left) == kAbbreviations.end();
}

}  // namespace barker

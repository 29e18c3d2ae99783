// What splitting needs to know of a character: whether it is a letter, a digit or a mark, or
// belongs to a script that is written without spaces and needs a dictionary. Part of words.h and
// normal_form.h. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace barker {

enum class GlyphKind : uint8_t {
  kOther,       // punctuation, symbols, control characters and what is no character
  kSpace,       // White_Space
  kLetter,      // of scripts with spaces between words: Latin, Arabic, Devanagari, ...
  kHangul,      // letters of Korean: "usb충전" is two words, though no space stands between them
  kDigit,       // decimal digits and other numbers
  kMark,        // combines with the character before it
  kDictionary,  // letters and numerals of Chinese, Japanese, Thai, Lao, Khmer and Burmese
};

// Of the bytes below 0x80. The others, which are parts of characters, are kOther.
inline constexpr auto kAsciiKinds = [] {
  std::array<GlyphKind, 0x100> kinds{};
  for (size_t c = 0; c < 0x80; ++c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter) kinds[c] = GlyphKind::kLetter;
    if (c >= '0' && c <= '9') kinds[c] = GlyphKind::kDigit;
    if (c == ' ' || (c >= '\t' && c <= '\r')) kinds[c] = GlyphKind::kSpace;
  }
  return kinds;
}();

constexpr GlyphKind ascii_kind(char c) { return kAsciiKinds[static_cast<unsigned char>(c)]; }
constexpr bool is_ascii_digit(char c) { return ascii_kind(c) == GlyphKind::kDigit; }
inline constexpr auto kIsAsciiLetterOrDigit = [] {
  std::array<bool, 0x100> is{};
  for (size_t c = 0; c < 0x80; ++c) {
    is[c] = kAsciiKinds[c] == GlyphKind::kLetter || kAsciiKinds[c] == GlyphKind::kDigit;
  }
  return is;
}();
constexpr bool is_ascii_letter_or_digit(char c) {
  return kIsAsciiLetterOrDigit[static_cast<unsigned char>(c)];
}

// One character of a text in valid UTF-8.
struct Glyph {
  char32_t code = 0;
  GlyphKind kind = GlyphKind::kOther;
  uint8_t size = 1;  // bytes

  bool is_space() const { return kind == GlyphKind::kSpace; }
  bool is_letter_or_digit() const {
    return kind == GlyphKind::kLetter || kind == GlyphKind::kDigit || kind == GlyphKind::kHangul;
  }
  bool is_word() const { return is_letter_or_digit() || kind == GlyphKind::kDictionary; }
};

bool is_han(char32_t code);

// The first character of `text` where it is not ASCII.
Glyph first_glyph_beyond_ascii(std::string_view text);

// `text` must not be empty, here and below.
inline Glyph first_glyph(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, kAsciiKinds[first], 1};
  return first_glyph_beyond_ascii(text);
}

Glyph last_glyph(std::string_view text);

}  // namespace barker

#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "models/base/ascii.h"
#include "models/text/characters.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct Entity {
  std::string_view name;
  uint32_t first, second;      // code points; the second is 0 for most names
  bool semicolon_is_optional;  // names that are older than HTML 4
};

constexpr Entity kEntities[] = {
// clang-format off
#include "models/text/html_entities.inc"
    // clang-format on
};
static_assert(std::ranges::is_sorted(kEntities, {}, &Entity::name));

constexpr size_t longest_name() {
  size_t longest = 0;
  for (const Entity& entity : kEntities) longest = std::max(longest, entity.name.size());
  return longest;
}

// What the numbers 128 to 159 mean in HTML: the characters of windows-1252. Five of its places are
// empty; a 0 marks them.
constexpr uint16_t kWindows1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The character that a number stands for, and 0 for a number that stands for none.
uint32_t character_of_number(uint32_t number) {
  if (number >= 0x80 && number <= 0x9F) return kWindows1252[number - 0x80];
  const bool control =
      (number < 0x20 && number != '\t' && number != '\n' && number != '\r') || number == 0x7F;
  const bool surrogate = number >= 0xD800 && number <= 0xDFFF;
  return control || surrogate || number > 0x10FFFF ? 0 : number;
}

void append_code_point(std::string& out, uint32_t c) {
  char bytes[4];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(bytes, static_cast<size_t>(size));
}

// Both functions read a reference at the start of `text`, behind its '&', append what it stands for
// and return how many bytes of `text` it takes, which is 0 where there is no reference.
size_t append_number(std::string_view text, std::string& out) {
  size_t at = 1;  // behind '#'
  const bool hexadecimal = text.size() > at && (text[at] == 'x' || text[at] == 'X');
  if (hexadecimal) ++at;
  const size_t first_digit = at;
  uint32_t value = 0;
  while (at < text.size() && (hexadecimal ? is_hexadecimal(text[at]) : is_digit(text[at]))) {
    const auto byte = static_cast<unsigned char>(text[at++]);
    const uint32_t digit = byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10u;
    value = std::min(value * (hexadecimal ? 16 : 10) + digit, 0x110000u);
  }
  if (at == first_digit) return 0;
  const bool ended = at < text.size() && text[at] == ';';
  const uint32_t character = character_of_number(value);
  // "Size &#5" without a semicolon is somebody's way to write a number and not a control character.
  if (character == 0 && !ended) return 0;
  if (character == 0) {
    out += kReplacementUtf8;
  } else {
    append_code_point(out, character);
  }
  return at + (ended ? 1 : 0);
}

size_t append_name(std::string_view text, std::string& out) {
  constexpr size_t kLongestName = longest_name();
  size_t size = 0;
  while (size < text.size() && size <= kLongestName &&
         (is_ascii_letter(text[size]) || is_digit(text[size]))) {
    ++size;
  }
  const auto* found = std::ranges::lower_bound(kEntities, text.substr(0, size), {}, &Entity::name);
  if (found == std::end(kEntities) || found->name != text.substr(0, size)) return 0;
  const bool ended = size < text.size() && text[size] == ';';
  if (!ended) {
    if (!found->semicolon_is_optional) return 0;
    if (size < text.size() && text[size] == '=') return 0;  // "?a=1&copy=2" is an address
  }
  append_code_point(out, found->first);
  if (found->second != 0) append_code_point(out, found->second);
  return size + (ended ? 1 : 0);
}

}  // namespace

std::string decode_html_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t ampersand = std::min(text.find('&', at), text.size());
    out.append(text.substr(at, ampersand - at));
    if (ampersand == text.size()) break;
    const std::string_view rest = text.substr(ampersand + 1);
    const size_t taken = rest.starts_with('#') ? append_number(rest, out) : append_name(rest, out);
    if (taken == 0) out += '&';
    at = ampersand + 1 + taken;
  }
  return out;
}

}  // namespace barker

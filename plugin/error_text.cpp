#include "plugin/error_text.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "plugin/barker.h"

namespace barker {
namespace {

constexpr std::string_view kSeparator = ": ";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";  // one character of three bytes
constexpr size_t kRoom = BARKER_ERROR_SIZE - 1;
constexpr size_t kLeast = 16;  // bytes of a part that are left on both sides together

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

struct Part {
  size_t begin, size;
};

Part longest_part(std::string_view text) {
  Part longest{0, 0};
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(kSeparator, begin), text.size());
    if (end - begin > longest.size) longest = {begin, end - begin};
    begin = end + kSeparator.size();
  }
  return longest;
}

// What is taken out of a text that is too long, to make room for the ellipsis as well.
Part choose_cut(std::string_view text) {
  const size_t excess = text.size() + kEllipsis.size() - kRoom;
  const Part part = longest_part(text);
  Part cut{part.begin + (part.size - std::min(part.size, excess)) / 2, excess};
  if (part.size < excess + kLeast) {
    // More than one part is long: the end of the text matters most.
    cut.begin = kLeast;
  }
  // Not within a character.
  size_t end = cut.begin + cut.size;
  while (cut.begin > 0 && continues(text[cut.begin])) --cut.begin;
  while (end < text.size() && continues(text[end])) ++end;
  return {cut.begin, end - cut.begin};
}

// The length of the valid UTF-8 character that `text` begins with; 0: there is none, or it is a
// control character.
size_t printable_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return 0;
  }
  const unsigned char second = byte(1);
  const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool is_surrogate = first == 0xED && second >= 0xA0;
  const bool is_control = first == 0xC2 && second < 0xA0;
  const bool is_beyond = first == 0xF4 && second >= 0x90;
  return is_overlong || is_surrogate || is_control || is_beyond ? 0 : length;
}

// A '?' in the place of each byte that cannot be shown, so that no text grows.
void make_printable(char* text, size_t size) {
  for (size_t i = 0; i < size;) {
    const size_t length = printable_length({text + i, size - i});
    if (length == 0) text[i] = '?';
    i += std::max<size_t>(1, length);
  }
}

}  // namespace

void set_error(char* error, std::string_view text) noexcept {
  if (!error) return;
  size_t size = 0;
  const auto append = [&](std::string_view part) {
    part = part.substr(0, kRoom - size);  // it fits; invalid UTF-8 must not make it overflow
    std::memcpy(error + size, part.data(), part.size());
    size += part.size();
  };
  if (text.size() <= kRoom) {
    append(text);
  } else {
    const Part cut = choose_cut(text);
    append(text.substr(0, cut.begin));
    append(kEllipsis);
    append(text.substr(cut.begin + cut.size));
  }
  make_printable(error, size);
  error[size] = '\0';
}

}  // namespace barker

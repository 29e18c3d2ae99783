#include "models/base/utf8.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "models/base/byte_blocks.h"

namespace barker {

bool is_ascii(std::string_view bytes) {
  return !any_byte(bytes, [](ByteBlock block) { return block & 0x80; });
}

bool is_valid_utf8(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto size = static_cast<int64_t>(bytes.size());
  for (int64_t at = 0; at < size;) {
    UChar32 c;
    U8_NEXT(data, at, size, c);
    if (c < 0) return false;
  }
  return true;
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace barker

#include "index/server/request_id.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace barker {

std::string new_request_id() {
  constexpr size_t kBytes = 16;
  // One call of the system for many ids. Each byte is given out once.
  thread_local std::array<uint8_t, 64 * kBytes> bits;
  thread_local size_t used = bits.size();
  if (used == bits.size()) {
    randombytes_buf(bits.data(), bits.size());
    used = 0;
  }
  char text[2 * kBytes + 1];
  sodium_bin2hex(text, sizeof text, bits.data() + used, kBytes);
  used += kBytes;
  return {text, 2 * kBytes};
}

bool is_request_id(const std::string& text) {
  return text.size() == 32 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace barker

#include "index/server/request_id.h"

#include <sodium.h>

#include <algorithm>
#include <cstdint>

namespace barker {

std::string new_request_id() {
  uint8_t bits[16];
  randombytes_buf(bits, sizeof bits);
  char text[2 * sizeof bits + 1];
  sodium_bin2hex(text, sizeof text, bits, sizeof bits);
  return {text, 2 * sizeof bits};
}

bool is_request_id(const std::string& text) {
  return text.size() == 32 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace barker

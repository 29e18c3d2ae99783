#include "models/base/one_line.h"

#include <cstddef>

namespace barker {
namespace {

unsigned byte_at(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// The control character or separator at `at`, and its bytes; 0 bytes where there is none.
struct Control {
  unsigned code = 0;
  size_t bytes = 0;
};

Control control_at(std::string_view text, size_t at) {
  const unsigned first = byte_at(text, at), second = byte_at(text, at + 1);
  if (first < 0x20 || first == 0x7f) return {first, 1};
  if (first == 0xc2 && second >= 0x80 && second < 0xa0) return {second, 2};
  const unsigned third = byte_at(text, at + 2);
  if (first == 0xe2 && second == 0x80 && (third == 0xa8 || third == 0xa9)) {
    return {0x2000 + (third & 0x3f), 3};
  }
  return {};
}

std::string escape_of(unsigned code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(code >> shift) & 15];
  return out;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Control control = control_at(text, at);
    if (control.bytes > 0) {
      out += escape_of(control.code);
      at += control.bytes;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace barker

#include "models/data/line_writer.h"

#include "models/text/text.h"

namespace barker {
namespace {

constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80;
}

}  // namespace

void LineWriter::escape(char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(byte);
  if (byte == '"' || byte == '\\') {
    (out_ += '\\') += byte;
  } else if (code < 0x20) {
    ((out_ += "\\u00") += kHex[code >> 4]) += kHex[code & 15];
  } else {
    out_ += byte;
  }
}

void LineWriter::text(std::string_view text, size_t at_most) {
  separate();
  std::string repaired;
  if (text.size() > at_most) {
    // What follows is never written, so that it need not be looked at.
    size_t end = at_most;
    // A character has at most three continuation bytes; more of them are invalid.
    for (int back = 0; back < 3 && is_continuation(text[end]); ++back) --end;
    text = text.substr(0, end);
  }
  if (!is_valid_utf8(text)) {
    repaired = sanitize_utf8(text);
    text = repaired;
  }
  out_ += '"';
  const size_t limit = out_.size() + at_most;
  for (size_t at = 0; at < text.size();) {
    const size_t before = out_.size();
    do {
      escape(text[at++]);
    } while (at < text.size() && is_continuation(text[at]));
    if (out_.size() > limit) {
      out_.resize(before);
      break;
    }
  }
  out_ += '"';
}

}  // namespace barker

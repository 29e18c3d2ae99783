#include "plugin/json_writer.h"

#include <cmath>
#include <string>

#include "models/base/number_text.h"
#include "models/text/text.h"

namespace barker {

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  out_ += ':';
  needs_comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quoted(text);
  needs_comma_ = true;
}

void JsonWriter::value(uint64_t number) { literal(std::to_string(number)); }

void JsonWriter::value(double number) {
  if (std::isfinite(number)) {
    literal(number_text(number));
  } else {
    null();
  }
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::literal(std::string_view text) {
  separate();
  out_ += text;
  needs_comma_ = true;
}

void JsonWriter::quoted(std::string_view text) {
  std::string valid;
  append_valid_utf8(text, valid, nullptr);
  out_ += '"';
  for (const char c : valid) {
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kDigits[] = "0123456789abcdef";
      out_ += c < 0x10 ? "\\u000" : "\\u001";
      out_ += kDigits[c & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
}

}  // namespace barker

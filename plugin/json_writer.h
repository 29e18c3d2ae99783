// Writes one JSON text from front to back. It builds no tree in memory, so that a failed allocation
// leaves nothing behind whose destruction could fail: std::bad_alloc passes through, and the writer
// may be destroyed at any point.
//
// The caller closes what it opens and writes a key before each member of an object. Not
// thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace barker {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name);

  // Invalid UTF-8 is replaced by U+FFFD.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(uint64_t number);
  // The shortest text that reads back as `number`; null for infinities and NaN, which JSON does not
  // have.
  void value(double number);
  void value(std::same_as<bool> auto truth) { literal(truth ? "true" : "false"); }
  void null() { literal("null"); }

  void member(std::string_view name, const auto& content) {
    key(name);
    value(content);
  }

  const std::string& text() const { return out_; }

 private:
  void open(char bracket);
  void close(char bracket);
  void literal(std::string_view text);
  void quoted(std::string_view text);
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace barker

// One JSON object as a line of text, for the raw log. One thread.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace barker {

// Writes one JSON object from front to back. It is not nlohmann's, because the server writes a line
// for each search and a tree of the values costs more than the search's other bookkeeping.
class LineWriter {
 public:
  LineWriter() { out_.reserve(4096); }

  void name(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    after_value_ = false;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    after_value_ = false;
  }
  void close(char bracket) {
    out_ += bracket;
    after_value_ = true;
  }
  void colon() {
    out_ += ':';
    after_value_ = false;
  }
  template <typename T>
  void number(T value) {
    separate();
    char text[32];
    out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
  void text(std::string_view text, size_t at_most);

  void field(std::string_view key, std::string_view value, size_t at_most) {
    name(key);
    text(value, at_most);
  }
  void optional_field(std::string_view key, std::string_view value, size_t at_most) {
    if (!value.empty()) field(key, value, at_most);
  }
  template <typename T>
  void field(std::string_view key, T value) {
    name(key);
    number(value);
  }
  void flag(std::string_view key, bool value) {
    name(key);
    separate();
    out_ += value ? "true" : "false";
  }
  void finite_field(std::string_view key, double value) {
    if (std::isfinite(value)) field(key, value);
  }

  size_t size() const { return out_.size(); }
  // Takes back what was written since the line had this size.
  void take_back(size_t size, bool after_value) {
    out_.resize(size);
    after_value_ = after_value;
  }
  std::string finish() {
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  void separate() {
    if (after_value_) out_ += ',';
    after_value_ = true;
  }
  void escape(char byte);

  std::string out_;
  bool after_value_ = false;
};

}  // namespace barker

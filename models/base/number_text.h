// Floating-point numbers as text. printf and std::to_string write them with a comma where the
// locale of the process says so, and strtod reads them so. These functions do the same everywhere.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barker {

// The shortest text that reads back as this number: "0.25", "1e+12", "inf", "nan".
inline std::string number_text(double value) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

// Of a float, whose shortest text is shorter than that of the equal double: "0.01".
inline std::string number_text(float value) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

// Writes `digits` digits (at most 9) after the decimal point: "0.250".
inline std::string number_text(double value, int digits) {
  char text[350];  // the largest double has 309 digits before the point
  const std::to_chars_result end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
  return std::string(text, end.ptr);
}

// Writes `digits` significant digits (at most 17), as printf's %g does: "1.2e-06".
inline std::string rounded_number_text(double value, int digits) {
  char text[32];
  const std::to_chars_result end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits);
  return std::string(text, end.ptr);
}

// A share as a percentage: "12.5%", "-" where it is not known.
inline std::string percent_text(double share, int digits) {
  return std::isfinite(share) ? number_text(100 * share, digits) + "%" : "-";
}

// A change as a percentage, always with its sign: "+1.2%", "-0.3%".
inline std::string signed_percent_text(double change, int digits) {
  const bool is_negative = std::signbit(change);
  return (std::isfinite(change) && !is_negative ? "+" : "") + percent_text(change, digits);
}

// Sixteen hexadecimal digits: "00000000000000ff".
inline std::string hex_text(uint64_t value) {
  char text[16];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, value, 16);
  std::string digits(text, end.ptr);
  return digits.insert(0, sizeof text - digits.size(), '0');
}

// The finite number that the whole text is: "0.25", ".5", "+1e-3".
inline std::optional<double> read_number(std::string_view text) {
  double value = 0;
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(begin, end, value);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The integer that the whole text is: "7", "-7".
inline std::optional<int64_t> read_integer(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

}  // namespace barker

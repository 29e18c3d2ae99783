// Floating-point numbers in messages. printf and std::to_string write them with a comma where the
// locale of the process says so. These functions write the same text everywhere.
#pragma once

#include <charconv>
#include <string>

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

}  // namespace barker

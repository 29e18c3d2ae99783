// Numbers and columns of reports. printf follows the locale of the process, which may write a comma
// for the decimal point; these functions write the same text everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "models/base/number_text.h"

namespace barker {

// Like "%+.4f" for 4 digits: "+0.0125".
inline std::string signed_number_text(double value, int digits) {
  return (std::signbit(value) ? "" : "+") + number_text(value, digits);
}

// "-" where the number is not known.
inline std::string known_number_text(double value, int digits) {
  return std::isfinite(value) ? number_text(value, digits) : "-";
}

// `text` with spaces before or behind it, so that it is at least `width` bytes long.
inline std::string align_right(const std::string& text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}
inline std::string align_left(const std::string& text, size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

}  // namespace barker

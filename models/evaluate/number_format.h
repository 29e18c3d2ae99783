// Numbers and columns of reports. printf follows the locale of the process, which may write a comma
// for the decimal point; these functions write the same text everywhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "models/base/number_text.h"
#include "models/text/columns.h"

namespace barker {

// Like "%+.4f" for 4 digits: "+0.0125".
inline std::string signed_number_text(double value, int digits) {
  return (std::signbit(value) ? "" : "+") + number_text(value, digits);
}

// "-" where the number is not known.
inline std::string known_number_text(double value, int digits) {
  return std::isfinite(value) ? number_text(value, digits) : "-";
}

// `text` with spaces before or behind it, so that it takes at least `width` columns.
inline std::string align_right(const std::string& text, size_t width) {
  const size_t taken = display_width(text);
  return std::string(width > taken ? width - taken : 0, ' ') + text;
}
inline std::string align_left(const std::string& text, size_t width) {
  const size_t taken = display_width(text);
  return text + std::string(width > taken ? width - taken : 0, ' ');
}

}  // namespace barker

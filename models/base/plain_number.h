// Numbers as people write them into files of settings.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>

namespace barker {

// The shortest text that reads back as this number, without an exponent where it is 0 or from
// 0.000001 to below 10^9: "20", "0.00001", "1e+20", "inf", "nan".
template <std::floating_point Number>
std::string plain_number_text(Number value) {
  const Number size = std::fabs(value);
  const bool is_usual = size == 0 || (size >= Number(1e-6) && size < Number(1e9));
  char text[64];  // 17 digits, and 6 zeros before them or behind them
  const std::to_chars_result end =
      is_usual ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
               : std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

}  // namespace barker

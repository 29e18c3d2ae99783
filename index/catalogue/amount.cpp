#include "index/catalogue/amount.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "models/base/ascii.h"

namespace barker {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  for (;;) {
    const size_t size = text.size();
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    if (text.starts_with(kNoBreakSpace)) text.remove_prefix(2);
    if (text.ends_with(kNoBreakSpace)) text.remove_suffix(2);
    if (text.size() == size) return text;
  }
}

// A currency is a code of three letters or a sign that is not ASCII, but for '$'.
bool is_currency(std::string_view text) {
  if (text.empty()) return true;
  if (text == "$") return true;
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return text.size() <= 4;
  }
  return text.size() == 3 && std::ranges::all_of(text, is_ascii_letter);
}

// Whether `text` is digits in groups of three behind the first one: "1,234,567".
bool is_grouped(std::string_view text, char separator) {
  size_t digits = 0;
  bool first = true;
  for (const char c : text) {
    if (is_digit(c)) {
      ++digits;
    } else if (c == separator && (first ? digits >= 1 && digits <= 3 : digits == 3)) {
      digits = 0;
      first = false;
    } else {
      return false;
    }
  }
  return first || digits == 3;
}

// The digits with '.' as the decimal sign and without groups; nothing where they can be read in
// more than one way.
std::optional<std::string> plain_digits(std::string_view text) {
  const size_t comma = text.rfind(','), point = text.rfind('.');
  if (comma == std::string_view::npos) return std::string(text);
  char decimal = '.', group = ',';
  if (point == std::string_view::npos) {
    const bool one = text.find(',') == comma;
    if (one && text.size() - comma == 4 && text.substr(0, comma) != "0") return std::nullopt;
    if (one) std::swap(decimal, group);
  } else if (comma > point) {
    std::swap(decimal, group);
  }
  const size_t sign = std::min(text.rfind(decimal), text.size());
  if (!is_grouped(text.substr(0, sign), group)) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(0, sign)) {
    if (c != group) digits += c;
  }
  if (sign < text.size()) digits.append(".").append(text.substr(sign + 1));
  return digits;
}

}  // namespace

std::optional<Amount> parse_amount(std::string_view text) {
  text = stripped(text);
  const auto starts_number = [](char c) { return is_digit(c) || c == '.' || c == '-' || c == '+'; };
  const auto begin = std::ranges::find_if(text, starts_number);
  const auto last = std::find_if(text.rbegin(), text.rend(), is_digit);
  if (begin == text.end() || last == text.rend()) return std::nullopt;
  const auto from = static_cast<size_t>(begin - text.begin());
  const auto to = static_cast<size_t>(last.base() - text.begin());
  if (from >= to) return std::nullopt;
  const std::string_view before = stripped(text.substr(0, from)),
                         behind = stripped(text.substr(to));
  if (!is_currency(before) || !is_currency(behind) || (!before.empty() && !behind.empty())) {
    return std::nullopt;
  }
  std::string_view number = text.substr(from, to - from);
  if (number.starts_with('+')) number.remove_prefix(1);
  const std::optional<std::string> digits = plain_digits(number);
  if (!digits) return std::nullopt;
  Amount amount;
  const char* const end = digits->data() + digits->size();
  const auto parsed = std::from_chars(digits->data(), end, amount.value);
  if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(amount.value)) {
    return std::nullopt;
  }
  amount.currency = before.empty() ? behind : before;
  return amount;
}

}  // namespace barker

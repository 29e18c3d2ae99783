#include "models/data/split_rule.h"

#include <charconv>
#include <chrono>

namespace barker {
namespace {

// Reads the parts of a date one after the other.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  bool number(size_t digits, int& value) {
    if (rest_.size() < digits) return false;
    const char* end = rest_.data() + digits;
    for (const char* c = rest_.data(); c != end; ++c) {
      if (*c < '0' || *c > '9') return false;
    }
    std::from_chars(rest_.data(), end, value);
    rest_.remove_prefix(digits);
    return true;
  }
  bool one_of(std::string_view signs) {
    if (rest_.empty() || signs.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Up to milliseconds; further digits are cut off.
  bool fraction(int& milliseconds) {
    size_t digits = 0;
    int digit = 0;
    for (int unit = 100; number(1, digit); unit /= 10, ++digits) milliseconds += unit * digit;
    return digits > 0;
  }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Milliseconds since 1970. False where the text is no date and time.
bool read_date(std::string_view text, int64_t& value) {
  DateReader read(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0;
  if (!read.number(4, year) || !read.one_of("-") || !read.number(2, month) || !read.one_of("-") ||
      !read.number(2, day)) {
    return false;
  }
  int offset = 0;  // minutes
  if (!read.is_at_end()) {
    if (!read.one_of("Tt ") || !read.number(2, hour) || !read.one_of(":") ||
        !read.number(2, minute) || !read.one_of(":") || !read.number(2, second)) {
      return false;
    }
    if (read.one_of(".") && !read.fraction(milliseconds)) return false;
    const bool is_east = read.one_of("+");
    if (is_east || read.one_of("-")) {
      int hours = 0, minutes = 0;
      if (!read.number(2, hours) || !read.one_of(":") || !read.number(2, minutes)) return false;
      if (hours > 23 || minutes > 59) return false;
      offset = (is_east ? 1 : -1) * (hours * 60 + minutes);
    } else {
      read.one_of("Zz");
    }
    if (!read.is_at_end()) return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t minutes = (days * 24 + hour) * 60 + minute - offset;
  value = (minutes * 60 + second) * 1000 + milliseconds;
  return true;
}

}  // namespace

Result<SplitTime> parse_split_time(std::string_view text) {
  SplitTime time{std::string(text), false, 0};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, time.value);
  if (error == std::errc() && at == end) return time;
  time.is_date = true;
  if (read_date(text, time.value)) return time;
  return invalid_argument(
      "expected a time such as 2024-10-27, 2024-10-27T03:33:20Z or 1730000000, "
      "found \"" +
      std::string(text) + "\"");
}

}  // namespace barker

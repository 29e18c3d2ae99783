// Numbers as shops write them in text: "0.45", "1,234.50", "0,45 EUR", "$12".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace barker {

struct Amount {
  double value = 0;
  std::string currency;  // as it is written, "USD" or "€"; empty where none is
};

// Reads a number with an optional currency before or behind it. Where both ',' and '.' occur, the
// last one is the decimal sign ("1,234.50", "1.234,50"). A single ',' followed by three digits may
// be either ("1,234"), so nothing is returned for it, as for any text that is no number.
std::optional<Amount> parse_amount(std::string_view text);

}  // namespace barker

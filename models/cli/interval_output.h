// Intervals as the commands print them.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "models/evaluate/metrics.h"
#include "models/evaluate/number_format.h"

namespace barker {

// Like "0.6312 [0.6270, 0.6350]"; "-" stands for what is not known.
inline std::string interval_text(const Interval& i) {
  return known_number_text(i.value, 4) + " [" + known_number_text(i.low, 4) + ", " +
         known_number_text(i.high, 4) + "]";
}

// A difference, with its signs; without the interval where that is not known.
inline std::string gain_text(const Interval& i) {
  if (!std::isfinite(i.value)) return "-";
  const std::string value = signed_number_text(i.value, 4);
  if (std::isnan(i.low)) return value;
  return value + " [" + signed_number_text(i.low, 4) + ", " + signed_number_text(i.high, 4) + "]";
}

// A number that is not known becomes null.
inline nlohmann::ordered_json json_of(const Interval& i) {
  return {{"value", i.value}, {"low", i.low}, {"high", i.high}};
}

}  // namespace barker

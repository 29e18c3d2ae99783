// TOML, for whatever takes it: configuration, rules, training options, bounds of the benchmarks.
#pragma once

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cstddef>
#include <string_view>

#include "models/result.h"

namespace barker {

// Nothing that people write comes near; more dots in one line could nest tables beyond the stack.
inline constexpr size_t kMaxTomlDots = 1000;

// Strings may be any UTF-8, keys are ASCII. The error names the line.
//
// toml++ 3.3 runs into undefined behaviour on some letters outside of strings, so it is handed
// ASCII only: other bytes go through it as '~' and two digits, and are put back into the strings it
// gives.
Result<toml::table> parse_toml(std::string_view text);

}  // namespace barker

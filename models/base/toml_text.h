// Parses TOML, in which configuration, rules, training options and benchmark bounds are written.
#pragma once

// The names set what toml++ becomes, so they come before it.
// clang-format off
#include "models/base/toml_names.h"
#include <toml++/toml.h>
// clang-format on

#include <cstddef>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// How many dots one line may have. toml++, and every function that walks its tables, takes about
// 200 bytes of stack for each level of nesting. A dot may make a level, and a value inside of
// another may begin on a line of its own. This limit and that of nested values keep the deepest
// text at some 2,000 levels. Nothing that people write comes near that.
inline constexpr size_t kMaxTomlDots = 250;

// Strings may hold any UTF-8; keys must be ASCII. The error names the line.
//
// toml++ 3.3 runs into undefined behaviour on some letters outside of strings. So it is given ASCII
// only: every other byte goes through it as '~' and two digits, and is put back into the strings
// that come out.
Result<toml::table> parse_toml(std::string_view text);

}  // namespace barker

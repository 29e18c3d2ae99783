// TOML, for whatever takes it: configuration, rules, training options, bounds of the benchmarks.
#pragma once

// clang-format off
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 16  // see kMaxTomlDots
// What toml++ 3.3 asserts of a text does not hold for some malformed ones ("f=[}", "[:"), which it
// would go on to refuse: without NDEBUG the process ends, with it Clang takes the assertion for the
// truth. So nothing is asserted.
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSUME
#define TOML_ASSUME(...) static_assert(true)
#include <toml++/toml.h>
// clang-format on

#include <cstddef>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// Of one line. toml++ and who walks its tables take stack for each level, about 200 bytes. A dot may
// make a level, and a value inside of another may begin on a line of its own: these two limits keep
// the deepest text at some 2,000 levels. Nothing that people write comes near.
inline constexpr size_t kMaxTomlDots = 250;

// Strings may be any UTF-8, keys are ASCII. The error names the line.
//
// toml++ 3.3 runs into undefined behaviour on some letters outside of strings, so it is handed
// ASCII only: other bytes go through it as '~' and two digits, and are put back into the strings it
// gives.
Result<toml::table> parse_toml(std::string_view text);

}  // namespace barker

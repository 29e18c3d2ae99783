// The names of toml++'s types, for headers that mention them. Code that reads or writes TOML
// includes toml_text.h, which costs a unit seconds.
#pragma once

// clang-format off
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0         // toml_text.cpp holds the implementation
#define TOML_MAX_NESTED_VALUES 16  // see kMaxTomlDots
// Some assertions of toml++ 3.3 do not hold for malformed texts ("f=[}", "[:"), which it would go
// on to refuse. Without NDEBUG they end the process, and with NDEBUG Clang takes them for the
// truth. So the assertions are switched off.
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSUME
#define TOML_ASSUME(...) static_assert(true)
#include <toml++/impl/forward_declarations.h>
// clang-format on

// The target of a request, "/v1/users/anna?k=3", read strictly. Pure functions. [any thread]
//
// A path is split at its slashes before its escapes are decoded, so that an encoded slash is part
// of a segment and never makes another path of it. What a proxy in front of the server could read
// in another way is refused: dot segments, encoded or not, empty segments, backslashes, control
// characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/server/problem_kind.h"

namespace barker {

struct RequestTarget {
  std::vector<std::string> segments;  // of the path, decoded; the last is empty behind a slash
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in their order
};

// What is wrong with a request, before it is written as a response (problem.h).
struct Fault {
  ProblemKind kind;
  std::string detail;  // a sentence
  std::string field;   // the parameter or field; empty: none in particular
};

inline constexpr size_t kMaxTarget = 8192;  // bytes
inline constexpr size_t kMaxParameters = 64;

// Reads a target in origin form ("/path?query") or in absolute form, whose host is passed over.
// Returns what is wrong with it, and nothing where `target` has been filled.
std::optional<Fault> parse_target(std::string_view text, RequestTarget& target);

}  // namespace barker

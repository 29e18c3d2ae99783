// When and of whom a line of an event log is, found without reading the rest of the line. Pure
// functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barker {

struct LinePlace {
  std::optional<int64_t> time;
  std::optional<uint64_t> user;  // a fingerprint of the name
};

// The fields `time` and `user` of the JSON object of the line. Nothing where the line has no such
// field or cannot be read up to it. What follows both is not looked at. `encoding` is that of the
// log, if it is not UTF-8.
LinePlace place_of_line(std::string_view line, const std::string& encoding);

// The same of the time alone; what follows it is not looked at.
std::optional<int64_t> time_of_line(std::string_view line, const std::string& encoding);

}  // namespace barker

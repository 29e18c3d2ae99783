// The time of a line of an event log, found without reading the rest of the line. Pure function:
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barker {

// The field `time` of the JSON object of the line. Nothing where the line has no such field or
// cannot be read up to it. What follows the field is not looked at. `encoding` is that of the log,
// if it is not UTF-8.
std::optional<int64_t> time_of_line(std::string_view line, const std::string& encoding);

}  // namespace barker

// What a life cycle tells, as JSON: one line each.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "plugin/barker.h"

namespace barker {

using Json = nlohmann::ordered_json;

// Without the line's end. Broken UTF-8 is replaced.
std::string line_of(const Json& json);
std::string event_line(const Json& event);  // with "time" before it, now in UTC (ISO 8601)

// null where there is nothing to describe.
Json describe(const barker_generation_stats& stats);
Json describe(const std::optional<barker_generation_stats>& stats);
Json describe(const barker_agreement& agreement);

}  // namespace barker

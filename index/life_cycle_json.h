// What a life cycle tells, as JSON: one line each.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "plugin/barker.h"

namespace barker {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json);  // without its end; broken UTF-8 replaced

// null where there is nothing to describe.
Json describe(const barker_generation_stats& stats);
Json describe(const std::optional<barker_generation_stats>& stats);
Json describe(const barker_agreement& agreement);

}  // namespace barker

// What a life cycle reports, as JSON, one object a line: events and the counters that they carry.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "plugin/barker.h"

namespace barker {

using Json = nlohmann::ordered_json;

// One line without its end. Invalid UTF-8 is replaced.
std::string line_of(const Json& json);

// The same with "time" before the other fields: now, in UTC, as ISO 8601.
std::string event_line(const Json& event);

// Where events go. Copyable; calls the function that it was given, or prints to standard error
// where that is empty.
class EventLog {
 public:
  using Tell = std::function<void(const std::string& line)>;
  explicit EventLog(Tell tell) : tell_(std::move(tell)) {}

  std::string tell(const Json& event) const;  // returns the line

 private:
  Tell tell_;
};

// The counters of a generation; null where there is none.
Json describe(const barker_generation_stats& stats);
Json describe(const std::optional<barker_generation_stats>& stats);

// How serving weights and canary agree; null where nothing was compared yet.
Json describe(const barker_agreement& agreement);

}  // namespace barker

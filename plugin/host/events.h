// What a life cycle reports, as JSON, one object a line: events and the counters that they carry.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

using Json = nlohmann::ordered_json;

// One line without its end. Invalid UTF-8 is replaced.
std::string line_of(const Json& json);

// The same line with a field "time" before the other fields: now, in UTC, as ISO 8601.
std::string event_line(const Json& event);

// Where events go: to the function that the log was given, or to standard error where that function
// is empty. Copyable.
class LifeCycleLog {
 public:
  using Tell = std::function<void(const std::string& line)>;
  explicit LifeCycleLog(Tell tell) : tell_(std::move(tell)) {}

  std::string tell(const Json& event) const;  // returns the line

 private:
  Tell tell_;
};

// The counters of a generation as JSON; null where there is no generation.
Json describe(const barker_generation_stats& stats);
Json describe(const std::optional<barker_generation_stats>& stats);

// How far serving weights and canary agree, as JSON; null where nothing was compared yet.
Json describe(const barker_agreement& agreement);

// That the speed of weights on probation is not judged, and why. `event`: "weights" or "canary".
// `may_follow`: the next look tries again.
Json unjudged_speed(const char* event, const std::string& version, const Status& why,
                    bool may_follow);

}  // namespace barker

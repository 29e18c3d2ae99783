// Reads the events of a log one by one and counts the lines that cannot be used. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/events.h"
#include "models/data/repeatable_log.h"

namespace barker {

// Gives each event to `use`. A line that is no event, or whose event `use` has an error for, is counted
// in `bad`. Returns how many lines there are, blank ones left out. `encoding` is that of the log, if it is not UTF-8.
Result<uint64_t> read_events(const RepeatableLog& log, const std::string& encoding,
                             const std::function<Status(SearchEvent&)>& use, BadLines& bad);

// An error if none of the lines of a log can be used, or if a larger share than `max_bad_share` cannot.
Status check_bad_share(const std::string& log_name, uint64_t lines, const BadLines& bad,
                       double max_bad_share);

}  // namespace barker

// Reads the events of a log one by one and counts the lines that cannot be used. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/events.h"
#include "models/data/merged_log.h"

namespace barker {

// Takes an event of the log's file of this index. An error says why it cannot be used.
using UseEvent = std::function<Status(SearchEvent&, size_t file)>;

// Gives each event to `use`, in the order of time. A line that is no event, or whose event `use`
// has an error for, is counted in `bad`; blank lines are nothing. An error if none of the lines can
// be used, or if of a file a larger share than `max_bad_share` cannot. `encoding` is that of the
// log, if it is not UTF-8.
Status read_events(const MergedLog& log, const std::string& encoding, double max_bad_share,
                   const UseEvent& use, BadLines& bad);

// An error if none of the lines of a file can be used, or if a larger share than `max_bad_share`
// cannot.
Status check_bad_share(const std::string& name, uint64_t lines, const BadLines& bad,
                       double max_bad_share);

}  // namespace barker

#include "models/data/event_reader.h"

#include "models/base/number_text.h"

namespace barker {

Result<uint64_t> read_events(const RepeatableLog& log, const std::string& encoding,
                             const std::function<Status(SearchEvent&)>& use, BadLines& bad) {
  Result<LineReader> lines = log.lines();
  if (!lines.ok()) return lines.status();
  std::string_view line;
  uint64_t written = 0;
  while (lines->next(line)) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    ++written;
    Result<SearchEvent> event = parse_event(line, encoding);
    if (!event.ok()) {
      const bool cut = lines->ended_without_newline();
      bad.add(lines->number(),
              event.status().message() + (cut ? " (the last line is cut off)" : ""));
    } else if (Status s = use(*event); !s.ok()) {
      bad.add(lines->number(), s.message());
    }
  }
  if (!lines->status().ok()) return lines->status();
  return written;
}

Status check_bad_share(const std::string& log_name, uint64_t lines, const BadLines& bad,
                       double max_bad_share) {
  if (bad.count() >= lines) {
    const std::string found = std::to_string(lines) + " lines without one";
    return bad_data(log_name + ": expected events, found " +
                    (lines == 0 ? "an empty file" : found));
  }
  const double share = static_cast<double>(bad.count()) / static_cast<double>(lines);
  if (share <= max_bad_share) return {};
  const BadLines::Entry& first = bad.first().front();
  return bad_data(log_name + ": " + std::to_string(bad.count()) + " of " + std::to_string(lines) +
                  " lines cannot be used, at most " + number_text(100 * max_bad_share, 2) +
                  "% may (--max-bad-share); the first is line " + std::to_string(first.line) +
                  ": " + first.reason);
}

}  // namespace barker

#include "models/data/event_reader.h"

#include <algorithm>
#include <vector>

#include "models/base/number_text.h"

namespace barker {

Status read_events(const MergedLog& log, const std::string& encoding, double max_bad_share,
                   const UseEvent& use, BadLines& bad) {
  Result<EventLines> lines = log.lines();
  if (!lines.ok()) return lines.status();
  std::vector<uint64_t> read(log.files());
  std::vector<BadLines> bad_of(log.files(), BadLines(1));  // for the shares of the files
  LogLine line;
  while (lines->next(line)) {
    if (is_blank(line.text)) continue;
    ++read[line.file];
    std::string reason;
    if (Result<SearchEvent> event = parse_event(line.text, encoding); !event.ok()) {
      reason = event.status().message() + (line.is_cut ? " (the last line is cut off)" : "");
    } else if (const Status s = use(*event, line.file); !s.ok()) {
      reason = s.message();
    } else {
      continue;
    }
    bad_of[line.file].add(line.number, reason);
    bad.add(line.number, std::move(reason), log.prefix(line.file));
  }
  if (!lines->status().ok()) return lines->status();
  const bool is_empty = std::ranges::all_of(read, [](uint64_t count) { return count == 0; });
  for (size_t i = 0; i < log.files(); ++i) {
    if (read[i] == 0 && !is_empty) continue;  // an hour in which nobody searched
    const Status s = check_bad_share(log.file_name(i), read[i], bad_of[i], max_bad_share);
    if (!s.ok()) return s;
  }
  return {};
}

Status check_bad_share(const std::string& name, uint64_t lines, const BadLines& bad,
                       double max_bad_share) {
  if (bad.count() >= lines) {
    const std::string found =
        std::to_string(lines) + (lines == 1 ? " line without one" : " lines without one");
    return bad_data(name + ": expected events, found " + (lines == 0 ? "an empty file" : found));
  }
  const double share = static_cast<double>(bad.count()) / static_cast<double>(lines);
  if (share <= max_bad_share) return {};
  const BadLines::Entry& first = bad.first().front();
  return bad_data(name + ": " + std::to_string(bad.count()) + " of " + std::to_string(lines) +
                  " lines cannot be used, at most " + number_text(100 * max_bad_share, 2) +
                  "% may (--max-bad-share); the first is line " + std::to_string(first.line) +
                  ": " + first.reason);
}

}  // namespace barker

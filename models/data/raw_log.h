// Reads raw logs (RAW_LOG.md): one file, or several at once in the order of their lines' times.
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "models/base/lines.h"
#include "models/base/output_paths.h"
#include "models/base/result.h"
#include "models/data/raw_event.h"

namespace barker {

int64_t time_of(const RawEvent& event);  // milliseconds since the epoch

// The files that RawLogs may read, for check_outputs(): a log that was named before the server
// compressed it is read from its compressed copy.
std::vector<InputPath> raw_log_inputs(const std::string& option,
                                      const std::vector<std::string>& paths);

// The lines of several files, merged: each time the line that is the oldest of those that come next
// in their files. Within a file, lines keep their order. A file is open from the moment when its
// first line is due until its end, so that the files of a month need not be open at once.
class RawLogs {
 public:
  // Reads the first line of each file. The path "-" is standard input.
  static Result<RawLogs> open(const std::vector<std::string>& paths);

  // The next line, or nothing at the end. An error names the file that cannot be read.
  Result<std::optional<RawEvent>> next();

  // So far. A line that cannot be used is counted and skipped. The last line of a file that is
  // written at the moment may be unfinished, which is no mistake.
  uint64_t lines() const { return lines_; }
  uint64_t bad_lines() const;
  uint64_t unfinished_lines() const { return unfinished_; }
  std::string report() const;  // of the bad lines of all files, as BadLines::report()

 private:
  struct File {
    std::string path;
    std::optional<LineReader> lines;  // none: the file is closed
    uint64_t was_read = 0;            // lines, before it was closed
    BadLines bad;
    std::optional<RawEvent> event;  // the next one; none: the file has ended
  };
  RawLogs() = default;

  static Status reopen(File& file);
  Status advance(File& file);  // to the next usable line

  std::vector<File> files_;
  // Time of the next line and the number of its file.
  std::priority_queue<std::pair<int64_t, size_t>, std::vector<std::pair<int64_t, size_t>>,
                      std::greater<>>
      due_;
  uint64_t lines_ = 0, unfinished_ = 0;
};

}  // namespace barker

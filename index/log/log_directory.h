// The directory of an event log: what its files are called, and what becomes of them.
//
//   events-20261128T114501123Z.jsonl.open   is written at the moment
//   events-20261128T114501123Z.jsonl        is complete
//   events-20261128T114501123Z.jsonl.zst    is complete and compressed
//   LOCK                                    is locked by the process that writes
//
// The name says when the file was begun, in UTC. Names sort in the order in which the files were
// begun, also where the clock was set back meanwhile. Files of other names are left alone.
//
// open() and next_path() belong to one thread, and the other functions to one thread, which may be
// another one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/compression.h"
#include "models/base/result.h"

namespace barker {

// Which complete files are removed. 0 means that none is.
struct Retention {
  int64_t most_age_ms = 0;  // since the file was begun
  uint64_t most_bytes = 0;  // of all complete files together; the oldest go first
};

class LogDirectory {
 public:
  // Makes the directory where it is missing, locks it, and closes the files that a killed process
  // left. The error says which file cannot be read or written, or that another process writes here.
  static Result<LogDirectory> open(const std::string& path);
  ~LogDirectory();
  LogDirectory(LogDirectory&& other) noexcept;
  LogDirectory& operator=(LogDirectory&& other) noexcept;

  // The path of a new file, without ".open". `now` is in milliseconds since the epoch.
  std::string next_path(int64_t now);

  // Replaces each complete file that is not compressed by its compressed copy. Where a copy cannot
  // be made, the file stays as it is, the others are tried, and the error is that of the first.
  Status compress(Compression compression) const;
  Status remove_old(const Retention& retention, int64_t now) const;

  // The complete files, the oldest first.
  struct File {
    std::string path;
    int64_t begun = 0;  // milliseconds since the epoch
    uint64_t bytes = 0;
    bool is_compressed = false;
  };
  Result<std::vector<File>> files() const;

 private:
  LogDirectory() = default;
  Status lock();
  Status take_up();

  std::string path_;
  int lock_ = -1;
  int64_t last_begun_ = 0;  // of the newest file, complete or not
};

}  // namespace barker

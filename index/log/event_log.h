// The event log: lines that the threads which answer queries hand over, and that a thread of its
// own writes to files (index/log/log_directory.h). models/data/raw_event.h makes the lines.
//
//   Result<std::unique_ptr<EventLog>> log = EventLog::open({.directory = "events"});
//   (*log)->append(to_line(impression));
//
// What is certain:
//
// - append() never waits. Where lines come faster than the disk takes them, the queue fills up to
//   its bound; then lines are dropped and counted.
// - A line is written, and with `sync` on the disk, at most about `flush_interval` after append(),
//   as long as the disk keeps up. When flush() returns ok, everything that was appended before the
//   call is there. A process that is killed loses what it appended after that, which is at most the
//   lines of one flush interval or of one full queue.
// - A file never has half a line between two others. A line that a killed process left unfinished
//   at the end of the file is cut off by the next open(), and the file is closed.
// - A full disk, a directory that is gone or another failure ends nothing: the lines wait in the
//   queue, the failure is counted and reported by status(), and writing goes on when it can. A line
//   is never dropped for having failed once. Where a sync has failed, its batch is written again to
//   a new file, so that a line may stand in the log twice; `join` counts such lines once.
// - Complete files are compressed, and old ones removed, on another thread, so that this does not
//   hold up the writing.
//
// One process writes to a directory at a time. Any thread may call any function but the destructor.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "index/log/log_directory.h"
#include "models/base/compression.h"
#include "models/base/outage.h"
#include "models/base/result.h"

namespace barker {

// Milliseconds since the epoch, of the system's clock.
int64_t milliseconds_now();

struct EventLogOptions {
  std::string directory;  // is made where it is missing
  size_t queue_bytes =
      16u << 20;  // of lines that wait; each counts for 64 bytes more than its text
  std::chrono::milliseconds flush_interval{200};
  // Waiting lines of so many bytes, or of half of the queue's, are written before the interval.
  size_t flush_bytes = 1u << 20;
  bool sync = true;                    // each batch survives a power cut
  uint64_t rotate_bytes = 256u << 20;  // a file of so many bytes is closed; a batch may exceed it
  std::chrono::milliseconds rotate_age = std::chrono::hours(1);
  Compression compression = Compression::kZstd;  // of complete files
  Retention retention;                           // by default, no file is removed
  // A second destination of the lines, such as a KafkaSink. The writing thread calls it once for
  // each line, before the line is written. It must neither wait nor throw.
  std::function<void(std::string_view line)> copy_to;
  // Told when writing begins to fail, and when it works again.
  Report report;
  // Names files and tells their age. Our two threads call it; it must not throw.
  std::function<int64_t()> clock = milliseconds_now;
};

struct EventLogStatus {
  uint64_t lines = 0, bytes = 0;  // written
  uint64_t dropped = 0;           // lines, because the queue was full or the log was closed
  uint64_t files = 0;             // begun
  uint64_t errors = 0;            // failed attempts to write, close, compress or remove
  size_t queue_bytes = 0;         // that wait now
  bool is_failing = false;        // the last attempt to write failed
  std::string last_error;         // of any attempt; empty: none has failed
};

class EventLog {
 public:
  // Takes up the files that a killed process left. The error says which file cannot be read or
  // written, or that another process writes to the directory.
  static Result<std::unique_ptr<EventLog>> open(const EventLogOptions& options);
  // Writes what waits, closes the file and ends the threads. It waits for the file that is being
  // compressed. What cannot be written is lost.
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Takes one line; a missing line end is added. False where it is dropped. Takes no lock and
  // allocates once.
  bool append(std::string line) noexcept;

  // Waits until what was appended before is written, and on the disk with `sync`. An error says why
  // it could not be written at this attempt, in which case it still waits to be, or that the time
  // was over.
  Status flush(std::chrono::milliseconds at_most = std::chrono::seconds(10));

  EventLogStatus status() const;

 private:
  struct Threads;
  explicit EventLog(std::unique_ptr<Threads> threads);
  const std::unique_ptr<Threads> threads_;
};

}  // namespace barker

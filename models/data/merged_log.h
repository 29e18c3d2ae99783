// An event log of one or several files, which is read in the order of time, any number of times.
// The files may be the shards of one day, the days of one month, or lines in any order at all.
//
// Files that are in time order are merged while they are read. The lines of the others are sorted
// in temporary files first, and notice() says so. A log of one file may have its users one after
// the other: it is sorted only where the lines of one user are out of order. Lines of one time keep
// the order of their files and, within a file, their own. A line without a time that can be read
// stays behind the line before it. Memory is bounded by MergedLogOptions::sort_memory and by the
// buffers of 64 open files, and grows with the number of users of a single file. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/line_sort.h"
#include "models/data/repeatable_log.h"

namespace barker {

struct MergedLogOptions {
  std::string encoding;             // of all files, if it is not UTF-8
  std::string scratch;              // what the names of temporary files begin with
  size_t sort_memory = 256u << 20;  // bytes
};

class EventLines;

class MergedLog {
 public:
  // Reads every file once, to see the order of its times. An error names the file.
  static Result<MergedLog> open(std::vector<RepeatableLog> files, const MergedLogOptions& options);
  static Result<MergedLog> open(const std::vector<std::string>& paths,
                                const MergedLogOptions& options);

  // Begins to read. The log must outlive it.
  Result<EventLines> lines() const;

  size_t files() const { return files_.size(); }
  const std::string& file_name(size_t file) const { return files_[file].log.name(); }
  // Where messages say in which file a line is: empty for a log of one file.
  std::string prefix(size_t file) const { return files() > 1 ? file_name(file) : ""; }
  // How messages call the log: "a.jsonl" or "a.jsonl and 2 more".
  std::string name() const;
  // What was done to the log before it could be read, a line for each; empty where nothing was.
  const std::string& notice() const { return notice_; }

 private:
  friend class EventLines;
  struct File {
    RepeatableLog log;
    int64_t first = 0, last = 0;  // times
    uint64_t lines = 0;
    uint64_t out_of_order = 0;  // line that is older than one before it; 0: there is none
    std::string order;          // the times of these lines
    bool is_sorted_on_disk = false;
  };
  static Status scan(File& file, const MergedLogOptions& options, bool is_merged);
  size_t most_open() const;
  Status sort_files(const MergedLogOptions& options);

  std::string encoding_;
  std::vector<File> files_;
  std::unique_ptr<LineSort> sorted_;  // the lines of the files that are sorted on disk
  std::string notice_;
};

// How messages call a log of these files.
std::string log_name(const std::vector<std::string>& paths);

class EventLines {
 public:
  // The next line, valid until the next call. False at the end, or on an error. Its time is set
  // only where files are merged or sorted.
  bool next(LogLine& line);
  const Status& status() const { return status_; }

 private:
  friend class MergedLog;
  // One file, or the lines that were sorted on disk.
  struct Source {
    LogLine line;                      // the next one; of a file that is not open, its place alone
    std::optional<LineReader> reader;  // of the file
    std::optional<LineSort::Reader> sorted;
    bool is_begun = false;
  };
  explicit EventLines(const MergedLog& log) : log_(&log) {}
  bool read(Source& source);  // its next line; false at its end, or on an error
  bool read_file(Source& source);
  void put_back(size_t source);

  const MergedLog* log_;
  std::vector<Source> sources_;
  std::vector<size_t> heap_;  // of sources that have a line, the oldest first
  bool is_given_ = false;     // whether the line of the first source was given
  Status status_;
};

}  // namespace barker

// Sorts lines by time on disk. Lines are gathered in memory up to a bound, sorted, and written to a
// temporary file as a run; runs are then merged (Knuth, The Art of Computer Programming 3, 5.4).
// Lines of one time keep the order of their files and numbers. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/data/spool.h"

namespace barker {

// A line of an event log made of several files.
struct LogLine {
  int64_t time = 0;
  uint32_t file = 0;    // its index among the files
  uint64_t number = 0;  // in the file, counted from 1
  bool is_cut = false;  // the last line of a file that does not end with a line end
  std::string_view text;

  // No two lines are equal, so that every way of sorting gives the same order.
  bool is_before(const LogLine& other) const {
    if (time != other.time) return time < other.time;
    return file != other.file ? file < other.file : number < other.number;
  }
};

class LineSort {
  struct Run {
    uint64_t begin, end;  // bytes of the file
  };
  class RunReader;

 public:
  // The temporary files' names begin with `beside`, and they are as large as the lines, for a
  // moment twice as large. Sorting and reading take about `memory` bytes, and more only for a line
  // that is longer than that.
  LineSort(std::string beside, size_t memory);
  LineSort(LineSort&&) = default;
  LineSort& operator=(LineSort&&) = default;

  Status add(const LogLine& line);
  Status finish();  // after the last line, before the first reading

  // The lines in order. It must not outlive the LineSort.
  class Reader {
   public:
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    // False at the end, or on an error. The text is valid until the next call.
    bool next(LogLine& line);
    const Status& status() const { return status_; }

   private:
    friend class LineSort;
    Reader();
    std::vector<RunReader> runs_;
    std::vector<size_t> heap_;  // of runs that have a line, the oldest first
    bool is_begun_ = false;
    Status status_;
  };
  Reader read() const;

 private:
  struct Gathered {
    LogLine line;        // without its text, which moves when more is gathered
    size_t begin, size;  // of its text in text_
  };

  Reader read(size_t first_run, size_t runs) const;
  Status write_run();
  Status merge_once();

  std::string beside_;
  size_t memory_, most_runs_;
  std::string text_;  // of the lines gathered
  std::vector<Gathered> lines_;
  SpoolFile file_;
  std::vector<Run> runs_;
};

}  // namespace barker

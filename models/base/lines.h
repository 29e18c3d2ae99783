// Reads JSON Lines and other line formats, plain or compressed by gzip or zstd, one line at a time.
// Bad lines are counted and reported with their numbers and reasons, so that none is lost in
// silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

// The lines of a file; the path "-" is standard input. Gzip and zstd are recognised by their magic.
// "\n", "\r\n" and "\r" end a line, the last line may lack its end, and a UTF-8 byte order mark at
// the start is skipped. For one thread at a time.
class LineReader {
 public:
  // Errors call the file by `name`, or by the path if it is empty.
  static Result<LineReader> open(const std::string& path, const std::string& name = {});
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  // Gives the next line without its end, valid until the next call. False at the end of the file or
  // on a read error: a damaged compressed file, a line longer than kMaxLine. status() tells the two
  // apart.
  bool next(std::string_view& line);

  uint64_t number() const;       // of the line that was read last, counted from 1
  uint64_t bytes_read() const;   // of the file as it is stored, to show progress
  uint64_t bytes_total() const;  // 0 where unknown (a pipe)
  const Status& status() const;
  bool ended_without_newline() const;  // the last line lacked its end and may be cut off

  static constexpr size_t kMaxLine = 64u << 20;  // bytes; a longer line is a mistake

 private:
  struct Impl;
  explicit LineReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether a line holds nothing but blanks.
inline bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

// The lines that could not be used: how many, and the first few with their numbers and reasons.
class BadLines {
 public:
  explicit BadLines(size_t keep = 20) : keep_(keep) {}

  // `file` is given where the lines are of several files.
  void add(uint64_t line, std::string reason, std::string file = {});

  uint64_t count() const { return count_; }
  struct Entry {
    uint64_t line;
    std::string reason, file;
  };
  const std::vector<Entry>& first() const { return first_; }

  // One line "FILE:12: reason" for each that was kept, with the file that it was added with or
  // else `file`, then "... and 34 more" if there were more.
  std::string report(const std::string& file) const;

 private:
  size_t keep_;
  uint64_t count_ = 0;
  std::vector<Entry> first_;
};

}  // namespace barker

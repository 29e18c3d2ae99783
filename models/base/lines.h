// Reading JSON Lines and other line formats from people's files: plain or gzip, one line at a time,
// every bad line kept with its number and reason, nothing lost in silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

// Lines of a file, "-" for standard input; gzip is recognised by its magic. '\n' and '\r\n' end a
// line, a last line may lack its end, a UTF-8 byte order mark at the start is skipped. One thread.
class LineReader {
 public:
  static Result<LineReader> open(const std::string& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  // The next line without its end, valid until the next call; false at the end of the file or on a
  // read error (then status() says so: a damaged gzip, a line longer than kMaxLine).
  bool next(std::string_view& line);

  uint64_t number() const;       // of the line last read, from 1
  uint64_t bytes_read() const;   // of the file as stored, for progress
  uint64_t bytes_total() const;  // 0 where unknown (a pipe)
  const Status& status() const;
  bool ended_without_newline() const;  // the last line lacked its end: possibly cut off

  static constexpr size_t kMaxLine = 64u << 20;  // bytes; longer is no line but a mistake

 private:
  LineReader();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What was wrong, counted by reason, the first few kept with their line numbers.
class BadLines {
 public:
  explicit BadLines(size_t keep = 20) : keep_(keep) {}

  void add(uint64_t line, std::string reason);

  uint64_t count() const { return count_; }
  struct Entry {
    uint64_t line;
    std::string reason;
  };
  const std::vector<Entry>& first() const { return first_; }

  // "FILE:12: reason" a line, then "... and 34 more" where there were more than kept.
  std::string report(const std::string& file) const;

 private:
  size_t keep_;
  uint64_t count_ = 0;
  std::vector<Entry> first_;
};

}  // namespace barker

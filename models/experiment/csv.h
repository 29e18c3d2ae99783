// Rows of a CSV file (RFC 4180) with a header, plain or compressed. The separator is the comma,
// semicolon or tab that the header has. Quoted fields may hold separators, quotes and line ends;
// a byte order mark and any line ends are accepted. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

class CsvReader {
 public:
  static constexpr size_t kMaxRow = 1 << 20;  // bytes with its line ends; more are a mistake

  // Reads the header. The path "-" is standard input.
  static Result<CsvReader> open(const std::string& path);

  // The position of a column, compared without case; -1 where there is none.
  int column(const std::string& name) const;
  // The name of a column as the header has it.
  const std::string& name(int column) const { return columns_[static_cast<size_t>(column)]; }
  // The names as the header has them, with commas between.
  std::string header() const;

  // Reads the next row, whose fields are trimmed of blanks unless they are quoted. Empty lines are
  // skipped. False at the end and on an error, which status() tells apart. A row with more or fewer
  // fields than the header is an error.
  bool next(std::vector<std::string>& fields);
  const Status& status() const { return status_; }
  uint64_t line() const { return line_; }  // on which the row began, from 1

  // "FILE:12: REASON", of the row that was read last.
  Status wrong(const std::string& reason) const;

 private:
  explicit CsvReader(LineReader lines) : lines_(std::move(lines)) {}
  Status too_long() const;
  bool read_row(std::vector<std::string>& fields);

  LineReader lines_;
  std::string name_;
  std::vector<std::string> columns_;
  char separator_ = ',';
  uint64_t line_ = 0;
  Status status_;
};

}  // namespace barker

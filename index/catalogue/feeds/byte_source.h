// The bytes of a file, plain, gzip or zstd, in pieces of bounded size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "models/base/input_file.h"
#include "models/base/result.h"

namespace barker {

// For one thread at a time.
class ByteSource {
 public:
  // The path "-" is standard input.
  static Result<ByteSource> open(const std::string& path);

  // The first bytes of the file, at most one piece, without taking them. Empty for an empty file.
  std::string_view peek();

  // Gives the next piece, valid until the next call. False at the end and on a read error, which
  // status() tells apart.
  bool next(std::string_view& piece);

  const Status& status() const { return status_; }
  const std::string& name() const { return file_.name(); }  // the path, or "standard input"

 private:
  explicit ByteSource(InputFile file) : file_(std::move(file)) {}

  bool fill();

  InputFile file_;
  std::string buffer_ = std::string(1 << 18, '\0');
  size_t size_ = 0;  // bytes of the piece in the buffer
  bool has_peeked_ = false;
  Status status_;
};

}  // namespace barker

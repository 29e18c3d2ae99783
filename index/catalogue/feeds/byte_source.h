// The bytes of a file, plain or gzip, in pieces of bounded size.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// For one thread at a time.
class ByteSource {
 public:
  // The path "-" is standard input.
  static Result<ByteSource> open(const std::string& path);
  ~ByteSource();
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;

  // The first bytes of the file, at most one piece, without taking them. Empty for an empty file.
  std::string_view peek();

  // Gives the next piece, valid until the next call. False at the end and on a read error, which
  // status() tells apart.
  bool next(std::string_view& piece);

  const Status& status() const;
  const std::string& name() const;  // the path, or "standard input"

 private:
  ByteSource();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker

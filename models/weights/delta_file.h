// What makers and appliers of deltas share: files that are read in pieces, and their digests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "models/weights/delta.h"

namespace barker {

inline constexpr size_t kDeltaPiece = size_t{1} << 20;  // bytes that are in memory at once

// A regular file, read by position. It owns its descriptor; one thread at a time.
class PiecewiseFile {
 public:
  static Result<PiecewiseFile> open(const std::string& path);
  ~PiecewiseFile();
  PiecewiseFile(PiecewiseFile&& other) noexcept;
  PiecewiseFile& operator=(PiecewiseFile&&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  // All of `size` bytes, or an error: also where the file has become shorter.
  Status read(uint64_t offset, void* data, size_t size) const;
  // Of the first `size` bytes.
  Result<FileDigest> digest(uint64_t size) const;

 private:
  PiecewiseFile() = default;

  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

// The digest of bytes that come in pieces.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  void add(const void* data, size_t size);
  FileDigest digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_text(const FileDigest& digest);  // 32 hexadecimal digits

}  // namespace barker

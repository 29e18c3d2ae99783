// What makers and appliers of deltas share: files that are read in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "models/base/digest.h"
#include "models/base/result.h"

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

}  // namespace barker

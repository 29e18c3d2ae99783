// A file that appears under its name whole or not at all: written beside it, synced, renamed over
// it, the directory synced. Whatever fails, the old file stays and no scrap is left.
#pragma once

#include <cstddef>
#include <string>

#include "models/result.h"

namespace barker {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  ~AtomicFile();  // without commit(): nothing happened
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;

  Status write(const void* data, size_t size);
  Status commit();
  int descriptor() const { return descriptor_; }
  Status failed(int error) const;  // "PATH: cannot be written: REASON"

 private:
  AtomicFile() = default;

  std::string path_, temporary_;
  int descriptor_ = -1;
};

}  // namespace barker

// A file that appears under its name whole or not at all: written beside it, synced, renamed over
// it, the directory synced. Whatever fails before the rename, the old file stays and no scrap is
// left; where the directory cannot be synced, the new file is in place and may go in a power cut.
//
// The temporary file is PATH.tmp.SOMETHING. Whoever writes it holds an exclusive lock on it (flock),
// so that one without a lock was left by a process that was killed.
#pragma once

#include <cstddef>
#include <string>

#include "models/base/result.h"

namespace barker {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  ~AtomicFile();  // without commit(): nothing happened
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;

  Status write(const void* data, size_t size);
  Status commit();  // an error may also say that the file is in place but not its directory synced
  int descriptor() const { return descriptor_; }
  Status failed(int error) const;  // "PATH: cannot be written: REASON"

 private:
  AtomicFile() = default;

  std::string path_, temporary_;
  int descriptor_ = -1;
};

// Makes durable what was renamed or removed in it. The error names the directory.
Status sync_directory(const std::string& directory);

}  // namespace barker

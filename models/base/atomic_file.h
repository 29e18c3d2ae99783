// A file that appears under its name whole or not at all. It is written under a temporary name
// beside it, synced and renamed, and then the directory is synced. Where anything fails before the
// rename, the old file stays and the temporary one is removed. Where only the directory cannot be
// synced, the new file is in place, but a power cut may bring the old one back.
//
// The temporary file is PATH.tmp.SOMETHING. Its writer holds an exclusive lock on it (flock), so
// that one without a lock must have been left by a process that was killed.
#pragma once

#include <cstddef>
#include <string>

#include "models/base/result.h"

namespace barker {

// Whether a program writes to the path directly, because nothing can be renamed to it: "-" and
// /dev/stdout, other open descriptors, pipes and devices.
bool is_stream(const std::string& path);
bool is_standard_output(const std::string& path);

// "PATH: cannot be written: REASON"
Status cannot_be_written(const std::string& path, int error);

// Writes all bytes to a descriptor. Returns 0 or the errno of the failure.
int write_all(int descriptor, const void* data, size_t size);

class AtomicFile {
 public:
  // Fails for a directory, and for a stream: as root, a rename would put a file in the device's
  // place.
  static Result<AtomicFile> create(const std::string& path);
  ~AtomicFile();  // without commit(): nothing happened
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;

  Status write(const void* data, size_t size);
  // An error may also say that the file is in place but that its directory could not be synced.
  Status commit();
  int descriptor() const { return descriptor_; }
  Status failed(int error) const { return cannot_be_written(path_, error); }

 private:
  AtomicFile() = default;

  std::string path_, temporary_;
  int descriptor_ = -1;
};

// Makes renames and removals in a directory durable. The error names the directory.
Status sync_directory(const std::string& directory);

}  // namespace barker

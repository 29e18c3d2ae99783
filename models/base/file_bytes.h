// The bytes of a file, in memory for as long as they are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "models/base/result.h"

namespace barker {

// Where the bytes of an open file live.
//
//   kAuto    They are copied, unless the kernel itself guarantees that they stay as they are: then,
//            for a memfd that is sealed against writing and shrinking, they are mapped.
//   kCopied  They are in the process's own memory, in huge pages where the kernel gives them. No
//            other process can reach them, and random rows are found faster than in a mapping
//            (bench/RESULTS.md). The price is the file's size in memory, for each process and each
//            open file, and the time to read it.
//   kMapped  They stay in the page cache, are shared by all processes and ready at once. This is
//            for files that nobody can change while they are open, such as those of a read-only
//            file system. It is a promise of the caller, which the library cannot check, because
//            file permissions do not bind root. Where the file is truncated (`cp new file` does it,
//            too), the next access kills the process by SIGBUS. Where it is overwritten, the bytes
//            change after they were checked.
enum class Storage : uint8_t { kAuto, kMapped, kCopied };

// Read-only bytes. The object owns them; a view of them lives as long as the object. It keeps a
// shared lock on the file (flock), by which a pruner sees that the file is in use. Any thread may
// read; open and close on one thread at a time.
class FileBytes {
 public:
  FileBytes() = default;

  // A file of more than `at_most` bytes is refused before it is mapped or copied. A file that
  // changes while it is copied is refused where its size or its time of change shows it. That
  // cannot find every change, so that whatever must be true of the bytes has to be checked on
  // bytes().
  static Result<FileBytes> open(const std::string& path, Storage storage,
                                size_t at_most = SIZE_MAX);
  ~FileBytes();
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  bool is_copied() const { return is_copied_; }

 private:
  Status map();
  Status copy();

  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  bool is_copied_ = false;
};

// All of a regular file that should be small. The error names the file.
Result<std::string> read_small_file(const std::string& path, size_t at_most);

}  // namespace barker

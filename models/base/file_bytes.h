// The bytes of a file, mapped or copied, for as long as they are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "models/base/result.h"

namespace barker {

// Where the bytes live while the file is open.
//   kMapped  in the page cache, shared by processes, ready at once. Who truncates the file kills
//            whoever reads it (SIGBUS); who writes into it changes what was checked.
//   kCopied  in the process's own memory, in huge pages where the kernel gives them: nobody else
//            can reach it, and random rows are found faster (bench/RESULTS.md). Takes the file's
//            size in memory and the time to read it.
//   kAuto    copied where somebody else than the owner, root or this user, may write to the file.
enum class Storage : uint8_t { kAuto, kMapped, kCopied };

// Read-only. Keeps a shared lock on the file (flock), so that who prunes knows that it is in use.
class FileBytes {
 public:
  FileBytes() = default;
  // A file of more than `at_most` bytes is refused before it is mapped or copied.
  static Result<FileBytes> open(const std::string& path, Storage storage,
                                size_t at_most = SIZE_MAX);
  ~FileBytes();
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  bool is_copied() const { return is_copied_; }

 private:
  Status map(int descriptor, bool copy);

  int descriptor_ = -1;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  bool is_copied_ = false;
};

// All of a regular file that should be small. The error names the file.
Result<std::string> read_small_file(const std::string& path, size_t at_most);

}  // namespace barker

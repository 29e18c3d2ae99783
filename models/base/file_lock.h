// A lock on a file, made if it is missing, that processes take for each other. It goes when the
// process ends, however it ends. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "models/base/result.h"

namespace barker {

class FileLock {
 public:
  enum class Wait : uint8_t { kUntilFree, kNot };
  // Whether programs that this process starts hold the lock, too, until the last of them ends.
  enum class Children : uint8_t { kLetGo, kHold };

  // A lock that another process holds is an error of code kFailedPrecondition with Wait::kNot.
  // Errors name the file.
  static Result<FileLock> take(const std::string& path, Wait wait, Children children);

  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace barker

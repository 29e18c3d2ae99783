#include "models/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace barker {

Result<FileLock> FileLock::take(const std::string& path, Wait wait, Children children) {
  const int kept = children == Children::kHold ? 0 : O_CLOEXEC;
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | kept, 0644));
  if (lock.descriptor_ < 0) return io_error(path + ": " + std::strerror(errno));
  int failed = 0;
  do {
    failed = ::flock(lock.descriptor_, LOCK_EX | (wait == Wait::kNot ? LOCK_NB : 0));
  } while (failed != 0 && errno == EINTR);
  if (failed == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return Status(Code::kFailedPrecondition, path + ": another process holds this lock");
  }
  return io_error(path + ": " + std::strerror(errno));
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace barker

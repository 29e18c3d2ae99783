#include "index/retrieval/work_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>
#include <vector>

#include "index/retrieval/index_files.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

}  // namespace

int WorkDirectory::lock(const std::string& path, int operation) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return -1;
  int locked = 0;
  do locked = flock(descriptor, operation);
  while (locked != 0 && errno == EINTR);
  // Another process may have removed it while this one waited, and a third made one of that name.
  struct stat ours {
  }, there{};
  if (locked == 0 && fstat(descriptor, &ours) == 0 && stat(path.c_str(), &there) == 0 &&
      ours.st_ino == there.st_ino && ours.st_dev == there.st_dev && ours.st_uid == geteuid()) {
    return descriptor;
  }
  const int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}

Result<WorkDirectory> WorkDirectory::make(const std::string& prefix, mode_t mode) {
  constexpr int kTries = 100;
  std::random_device random;
  for (int i = 0; i < kTries; ++i) {
    std::string path = prefix + std::to_string(random());
    if (mkdir(path.c_str(), mode) != 0) {
      if (errno == EEXIST) continue;
      return io_error(path + ": " + std::strerror(errno));
    }
    errno = 0;
    const int descriptor = lock(path, LOCK_EX);
    if (descriptor >= 0) return WorkDirectory(std::move(path), descriptor);
    // One that was removed before it was locked was taken for abandoned.
    if (fs::exists(path)) return io_error(path + ": cannot be locked: " + std::strerror(errno));
  }
  return io_error(prefix + "*: no directory of this name can be made");
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (descriptor_ >= 0) close(descriptor_);
}

void WorkDirectory::keep() {
  path_.clear();
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

void WorkDirectory::remove_abandoned(const std::string& prefix) {
  const fs::path pattern(prefix);
  const fs::path parent = pattern.has_parent_path() ? pattern.parent_path() : fs::path(".");
  const std::string name = pattern.filename().string();
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(parent, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(name)) found.push_back(entry->path());
  }
  for (const std::string& path : found) {
    const int descriptor = lock(path, LOCK_EX | LOCK_NB);
    if (descriptor < 0) continue;
    (void)remove_index(path);
    close(descriptor);
  }
}

}  // namespace barker

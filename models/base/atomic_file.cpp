#include "models/base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace barker {
namespace {

// False if a pruner took the file for one that a killed process left, and removed it before it was
// locked. On a file system without locks that cannot happen: a pruner removes only what it can
// lock.
bool lock_new(int descriptor) {
  flock(descriptor, LOCK_EX);
  struct stat info {};
  return fstat(descriptor, &info) != 0 || info.st_nlink > 0;
}

}  // namespace

bool is_standard_output(const std::string& path) { return path == "-" || path == "/dev/stdout"; }

bool is_stream(const std::string& path) {
  // These names may stand for a regular file, but it was opened by someone else, at an offset.
  for (const char* open : {"/dev/stderr", "/dev/fd/", "/proc/self/fd/"}) {
    if (path.starts_with(open)) return true;
  }
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(path, error);
  return is_standard_output(path) ||
         (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found) &&
          !std::filesystem::is_directory(found));
}

Status cannot_be_written(const std::string& path, int error) {
  return io_error(path + ": cannot be written: " + std::strerror(error));
}

int write_all(int descriptor, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t wrote = ::write(descriptor, at, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return wrote < 0 ? errno : ENOSPC;
    at += wrote;
    size -= static_cast<size_t>(wrote);
  }
  return 0;
}

// The file is made by open() and not by mkostemp(), which would make it readable by its owner
// alone.
Result<AtomicFile> AtomicFile::create(const std::string& path) {
  static std::atomic<uint64_t> count{0};
  if (is_stream(path)) return io_error(path + ": is no regular file, so it cannot be replaced");
  // The rename at the end would find this out as well, but only after all the work.
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return cannot_be_written(path, EISDIR);
  AtomicFile file;
  file.path_ = path;
  const std::string stem = path + ".tmp." + std::to_string(getpid()) + ".";
  for (;;) {
    file.temporary_ = stem + std::to_string(count++);
    file.descriptor_ = open(file.temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file.descriptor_ < 0 && errno == EEXIST)
      continue;  // left by a process that had this number
    if (file.descriptor_ < 0) return file.failed(errno);
    if (lock_new(file.descriptor_)) return file;
    close(std::exchange(file.descriptor_, -1));
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept { *this = std::move(other); }

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Status AtomicFile::write(const void* data, size_t size) {
  const int error = write_all(descriptor_, data, size);
  return error == 0 ? Status() : failed(error);
}

Status AtomicFile::commit() {
  if (fsync(descriptor_) != 0) return failed(errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno);
  close(std::exchange(descriptor_, -1));
  const Status s = sync_directory(std::filesystem::path(path_).parent_path().string());
  if (s.ok()) return s;
  return io_error(path_ + ": is in place, but a power cut may undo it: " + s.message());
}

Status sync_directory(const std::string& directory) {
  const std::string path = directory.empty() ? "." : directory;
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error(path + ": " + std::strerror(errno));
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  if (error == 0 || error == EINVAL) return {};  // some file systems cannot sync a directory
  return io_error(path + ": cannot be synced: " + std::strerror(error));
}

}  // namespace barker

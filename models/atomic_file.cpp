#include "models/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace barker {

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile file;
  file.path_ = path;
  file.temporary_ = path + ".tmp.XXXXXX";
  file.descriptor_ = mkostemp(file.temporary_.data(), O_CLOEXEC);
  if (file.descriptor_ < 0) return file.failed(errno);
  const mode_t mask = umask(0);  // mkostemp makes it 0600; we want what open() would have made
  umask(mask);
  fchmod(file.descriptor_, 0666 & ~mask);
  return file;
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

Status AtomicFile::failed(int error) const {
  return io_error(path_ + ": cannot be written: " + std::strerror(error));
}

Status AtomicFile::write(const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t wrote = ::write(descriptor_, at, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return failed(wrote < 0 ? errno : ENOSPC);
    at += wrote;
    size -= static_cast<size_t>(wrote);
  }
  return {};
}

Status AtomicFile::commit() {
  if (fsync(descriptor_) != 0) return failed(errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno);
  close(std::exchange(descriptor_, -1));
  const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
  const int directory =
      open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return failed(errno);
  const int synced = fsync(directory) == 0 ? 0 : errno;
  close(directory);
  // Some file systems cannot sync a directory; the rename itself has happened.
  return synced == 0 || synced == EINVAL ? Status() : failed(synced);
}

}  // namespace barker

#include "index/log/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "models/base/atomic_file.h"

namespace barker {
namespace {

std::string directory_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string open_name(const std::string& path) { return path + std::string(kOpenSuffix); }

// Takes ".open" from the name of a file whose bytes are complete.
Status publish(const std::string& path) {
  if (std::rename(open_name(path).c_str(), path.c_str()) != 0) {
    return cannot_be_written(path, errno);
  }
  return sync_directory(directory_of(path));
}

// Bytes up to the end of the last whole line, or the errno of what failed as a negative number.
int64_t whole_lines(int descriptor) {
  char block[1 << 16];
  off_t end = lseek(descriptor, 0, SEEK_END);
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof block));
    const ssize_t got = pread(descriptor, block, static_cast<size_t>(end - begin), begin);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? -errno : -EIO;
    const void* newline = memrchr(block, '\n', static_cast<size_t>(got));
    if (newline) return begin + (static_cast<const char*>(newline) - block) + 1;
    end = begin;
  }
  return end < 0 ? -errno : 0;
}

}  // namespace

Result<LogFile> LogFile::create(const std::string& path, bool sync) {
  LogFile file;
  file.path_ = path;
  file.sync_ = sync;
  const std::string name = open_name(path);
  file.descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (file.descriptor_ < 0) return cannot_be_written(name, errno);
  if (sync) {
    if (Status s = sync_directory(directory_of(path)); !s.ok()) {
      unlink(name.c_str());
      return s;
    }
  }
  return file;
}

LogFile::~LogFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LogFile::LogFile(LogFile&& other) noexcept { *this = std::move(other); }

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  std::swap(sync_, other.sync_);
  std::swap(damaged_, other.damaged_);
  return *this;
}

Status LogFile::append(std::string_view batch) {
  int error = write_all(descriptor_, batch.data(), batch.size());
  if (error == 0 && sync_ && fdatasync(descriptor_) != 0) {
    error = errno;
    damaged_ = true;
  }
  if (error == 0) {
    size_ += batch.size();
    return {};
  }
  if (ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) damaged_ = true;
  return cannot_be_written(open_name(path_), error);
}

Status LogFile::close() {
  // A damaged file may end within a line.
  const bool cut = !damaged_ || ftruncate(descriptor_, static_cast<off_t>(size_)) == 0;
  const int error = cut && fsync(descriptor_) == 0 ? 0 : errno;
  ::close(std::exchange(descriptor_, -1));
  if (size_ == 0 && error == 0) {
    unlink(open_name(path_).c_str());
    return {};
  }
  const Status published = publish(path_);
  return error == 0 ? published : cannot_be_written(path_, error);
}

Status close_abandoned(const std::string& path) {
  const std::string name = open_name(path);
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return cannot_be_written(name, errno);
  const int64_t size = whole_lines(descriptor);
  int error = size < 0 ? static_cast<int>(-size) : 0;
  if (error == 0 && (ftruncate(descriptor, size) != 0 || fsync(descriptor) != 0)) error = errno;
  ::close(descriptor);
  if (error != 0) return cannot_be_written(name, error);
  if (size > 0) return publish(path);
  return unlink(name.c_str()) == 0 ? Status() : cannot_be_written(name, errno);
}

}  // namespace barker

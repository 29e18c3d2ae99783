#include "models/base/file_bytes.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace barker {
namespace {

bool others_may_write(const struct stat& info) {
  const bool trusted_owner = info.st_uid == 0 || info.st_uid == geteuid();
  return !trusted_owner || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

Status check_size(size_t size, size_t at_most) {
  if (size <= at_most) return {};
  return bad_data("expected at most " + std::to_string(at_most) + " bytes, found " +
                  std::to_string(size));
}

Status failed(const std::string& call) { return io_error(call + ": " + std::strerror(errno)); }

// Non-blocking, for the path may name a pipe that nobody writes to.
Result<int> open_regular(const std::string& path, struct stat& info) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kIoError, std::strerror(errno));
  }
  if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) return descriptor;
  close(descriptor);
  return bad_data("is not a regular file");
}

// So that who prunes knows that the file is in use. He holds an exclusive lock for a moment, to
// learn just that, and a writer until he has closed the file: both are waited for. Where the file
// system knows no locks, a pruned file still stays readable through its mapping.
void lock_shared(int descriptor) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    if (flock(descriptor, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Status read_all(int descriptor, char* to, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t got = pread(descriptor, to + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read");
    if (got == 0) {
      return bad_data("read: expected " + std::to_string(size) + " bytes, found " +
                      std::to_string(done) + " (the file became shorter while it was read)");
    }
    done += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

Result<FileBytes> FileBytes::open(const std::string& path, Storage storage, size_t at_most) {
  struct stat info {};
  const Result<int> descriptor = open_regular(path, info);
  if (!descriptor.ok()) return descriptor.status();
  FileBytes file;
  file.descriptor_ = *descriptor;
  file.size_ = static_cast<size_t>(info.st_size);
  if (Status s = check_size(file.size_, at_most); !s.ok()) return s;
  lock_shared(*descriptor);
  const bool copy =
      storage == Storage::kCopied || (storage == Storage::kAuto && others_may_write(info));
  if (file.size_ > 0) {
    if (Status s = file.map(*descriptor, copy); !s.ok()) return s;
  }
  return file;
}

Status FileBytes::map(int descriptor, bool copy) {
  void* data = mmap(nullptr, size_, copy ? PROT_READ | PROT_WRITE : PROT_READ,
                    copy ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, copy ? -1 : descriptor, 0);
  if (data == MAP_FAILED) return failed("mmap");
  data_ = static_cast<const std::byte*>(data);
  is_copied_ = copy;
  if (!copy) return {};
  madvise(data, size_, MADV_HUGEPAGE);  // a wish; the kernel may know none
  if (Status s = read_all(descriptor, static_cast<char*>(data), size_); !s.ok()) return s;
  // What will be checked stays as it is.
  return mprotect(data, size_, PROT_READ) == 0 ? Status() : failed("mprotect");
}

FileBytes::~FileBytes() {
  if (data_) munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) close(descriptor_);
}

FileBytes::FileBytes(FileBytes&& other) noexcept { *this = std::move(other); }

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(is_copied_, other.is_copied_);
  return *this;
}

Result<std::string> read_small_file(const std::string& path, size_t at_most) {
  const auto named = [&](const Status& s) { return Status(s.code(), path + ": " + s.message()); };
  struct stat info {};
  const Result<int> descriptor = open_regular(path, info);
  if (!descriptor.ok()) return named(descriptor.status());
  const auto size = static_cast<size_t>(info.st_size);
  std::string text;
  Status status;
  if (status = check_size(size, at_most); status.ok()) {
    text.resize(size);
    status = read_all(*descriptor, text.data(), size);
  }
  close(*descriptor);
  if (!status.ok()) return named(status);
  return text;
}

}  // namespace barker

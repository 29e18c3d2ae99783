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

// Whether the kernel lets nobody change the file any more, which it promises for a sealed memfd.
bool is_sealed(int descriptor) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK;
  const int seals = fcntl(descriptor, F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

Status check_size(size_t size, size_t at_most) {
  if (size <= at_most) return {};
  return bad_data("expected at most " + std::to_string(at_most) + " bytes, found " +
                  std::to_string(size));
}

Status failed(const std::string& call) { return io_error(call + ": " + std::strerror(errno)); }

// Opens without blocking, because the path may name a pipe that has no writer. The operating system
// would read a path up to its first NUL only, and so open another file than the one that is named.
Result<int> open_regular(const std::string& path, struct stat& info) {
  if (const size_t at = path.find('\0'); at != std::string::npos) {
    return invalid_argument("expected a path without NUL, found one at byte " + std::to_string(at));
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kIoError, std::strerror(errno));
  }
  if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) return descriptor;
  close(descriptor);
  return bad_data("is not a regular file");
}

// Tells pruners that the file is in use. A pruner holds an exclusive lock for a moment to learn
// just that, and a writer holds one until it has closed the file, so that both are waited for. On a
// file system without locks the file is read all the same: a pruned file stays readable while it is
// open.
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

// Anonymous memory of `size` bytes > 0, or null if there is none. If it is at least as large as a
// huge page, it begins at a huge page's boundary.
std::byte* allocate_pages(size_t size) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t wanted = (size + page - 1) / page * page;
  const size_t slack = size >= kHugePage ? kHugePage : 0;
  void* got =
      mmap(nullptr, wanted + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(got);
  if (slack == 0) return begin;
  const size_t before = -reinterpret_cast<uintptr_t>(begin) % kHugePage;
  if (before > 0) munmap(begin, before);
  if (before < slack) munmap(begin + before + wanted, slack - before);
  madvise(begin + before, wanted, MADV_HUGEPAGE);  // only a hint: some kernels have no huge pages
  return begin + before;
}

Status check_unchanged(const struct stat& before, int descriptor) {
  struct stat after {};
  if (fstat(descriptor, &after) != 0) return failed("fstat");
  const bool same = after.st_size == before.st_size &&
                    after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
                    after.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
  return same ? Status() : bad_data("read: the file changed while it was read");
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
  if (file.size_ == 0) return file;
  const bool mapped =
      storage == Storage::kMapped || (storage == Storage::kAuto && is_sealed(*descriptor));
  if (Status s = mapped ? file.map() : file.copy(); !s.ok()) return s;
  // A file may become shorter between the look at its size and its seal. Only kMapped trusts it.
  if (storage != Storage::kMapped) {
    if (Status s = check_unchanged(info, *descriptor); !s.ok()) return s;
  }
  return file;
}

Status FileBytes::map() {
  void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  if (data == MAP_FAILED) return failed("mmap");
  data_ = static_cast<const std::byte*>(data);
  return {};
}

Status FileBytes::copy() {
  std::byte* data = allocate_pages(size_);
  if (!data) return failed("mmap");
  data_ = data;
  is_copied_ = true;
  posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);  // reads ahead where the disk must work
  if (Status s = read_all(descriptor_, reinterpret_cast<char*>(data), size_); !s.ok()) return s;
  // From here on no stray write of this process can change what is about to be checked.
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

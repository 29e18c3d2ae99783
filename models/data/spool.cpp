#include "models/data/spool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "models/base/atomic_file.h"

namespace barker {

Result<SpoolFile> SpoolFile::create(const std::string& beside) {
  std::string name = beside + ".spool.XXXXXX";
  SpoolFile file;
  file.descriptor_ = mkstemp(name.data());
  if (file.descriptor_ < 0) return io_error(name + ": " + std::strerror(errno));
  unlink(name.c_str());
  return file;
}

SpoolFile::~SpoolFile() {
  if (mapped_) munmap(const_cast<std::byte*>(mapped_), size_);
  if (descriptor_ >= 0) close(descriptor_);
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept { *this = std::move(other); }

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(error_, other.error_);
  std::swap(size_, other.size_);
  std::swap(buffer_, other.buffer_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

void SpoolFile::append(const void* bytes, size_t size) {
  constexpr size_t kBuffer = 1 << 18;
  buffer_.append(static_cast<const char*>(bytes), size);
  size_ += size;
  if (buffer_.size() >= kBuffer) static_cast<void>(flush());  // finish() returns the error
}

Status SpoolFile::flush() {
  if (error_ == 0) error_ = write_all(descriptor_, buffer_.data(), buffer_.size());
  buffer_.clear();
  if (error_ == 0) return {};
  return io_error(std::string("temporary file: cannot be written: ") + std::strerror(error_));
}

Result<std::span<const std::byte>> SpoolFile::finish() {
  const Status flushed = flush();
  buffer_.shrink_to_fit();
  if (!flushed.ok()) return flushed;
  if (size_ == 0) return std::span<const std::byte>();
  void* mapped = mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED) {
    return io_error(std::string("temporary column: mmap: ") + std::strerror(errno));
  }
  mapped_ = static_cast<const std::byte*>(mapped);
  return std::span<const std::byte>(mapped_, size_);
}

}  // namespace barker

#include "models/weights/delta_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace barker {

Result<PiecewiseFile> PiecewiseFile::open(const std::string& path) {
  PiecewiseFile file;
  file.path_ = path;
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor_ < 0) {
    const std::string reason = path + ": " + std::strerror(errno);
    return errno == ENOENT || errno == ENOTDIR ? not_found(reason) : io_error(reason);
  }
  struct stat status {};
  if (fstat(file.descriptor_, &status) != 0) return io_error(path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unexpected(path, "a regular file", "another kind of file");
  file.size_ = static_cast<uint64_t>(status.st_size);
  return file;
}

PiecewiseFile::~PiecewiseFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

PiecewiseFile::PiecewiseFile(PiecewiseFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

Status PiecewiseFile::read(uint64_t offset, void* data, size_t size) const {
  for (size_t done = 0; done < size;) {
    const ssize_t got = pread(descriptor_, static_cast<char*>(data) + done, size - done,
                              static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path_ + ": cannot be read: " + std::strerror(errno));
    if (got == 0) return bad_data(path_ + ": became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return {};
}

Result<FileDigest> PiecewiseFile::digest(uint64_t size) const {
  DigestStream stream;
  std::vector<char> piece(kDeltaPiece);
  for (uint64_t at = 0; at < size;) {
    const size_t part = std::min<uint64_t>(piece.size(), size - at);
    if (Status s = read(at, piece.data(), part); !s.ok()) return s;
    stream.add(piece.data(), part);
    at += part;
  }
  return stream.digest();
}

}  // namespace barker

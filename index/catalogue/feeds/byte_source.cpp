#include "index/catalogue/feeds/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace barker {

struct ByteSource::Impl {
  gzFile file = nullptr;
  std::string name;
  std::string buffer = std::string(1 << 18, '\0');
  size_t size = 0;
  bool peeked = false;
  Status status;

  ~Impl() {
    if (file) gzclose(file);
  }

  bool fill() {
    const int got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
    int code = Z_OK;
    const char* message = gzerror(file, &code);
    size = got > 0 ? static_cast<size_t>(got) : 0;
    if (got < 0 || (got == 0 && code == Z_BUF_ERROR)) {
      status = bad_data(
          name + ": cannot be read: " + (got < 0 ? message : "the compressed data ends early"));
    }
    return size > 0;
  }
};

ByteSource::ByteSource() : impl_(std::make_unique<Impl>()) {}
ByteSource::~ByteSource() = default;
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;

Result<ByteSource> ByteSource::open(const std::string& path) {
  ByteSource source;
  Impl& impl = *source.impl_;
  impl.name = path == "-" ? "standard input" : path;
  if (path == "-") {
    impl.file = gzdopen(dup(STDIN_FILENO), "rb");
  } else {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return not_found(path + ": " + std::strerror(errno));
    if (S_ISDIR(info.st_mode)) return invalid_argument(path + ": is a directory, expected a file");
    impl.file = gzopen(path.c_str(), "rb");
  }
  if (!impl.file) return io_error(impl.name + ": " + std::strerror(errno));
  gzbuffer(impl.file, 1 << 18);
  return source;
}

std::string_view ByteSource::peek() {
  if (!std::exchange(impl_->peeked, true)) impl_->fill();
  return {impl_->buffer.data(), impl_->size};
}

bool ByteSource::next(std::string_view& piece) {
  const bool got = std::exchange(impl_->peeked, false) ? impl_->size > 0 : impl_->fill();
  piece = {impl_->buffer.data(), impl_->size};
  return got && impl_->status.ok();
}

const Status& ByteSource::status() const { return impl_->status; }
const std::string& ByteSource::name() const { return impl_->name; }

}  // namespace barker

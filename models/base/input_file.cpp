#include "models/base/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace barker {
namespace {

constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

}  // namespace

// The bytes of the file as they are stored, in a buffer.
struct InputFile::Stored {
  explicit Stored(int opened) : descriptor(opened) {}
  ~Stored() { close(descriptor); }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  std::string_view unread() const { return {buffer.data() + begin, end - begin}; }
  uint64_t offset() const { return bytes_read - (end - begin); }  // of the first unread byte

  // Reads more behind the unread bytes, until there are `least` of them or the file ends. Returns
  // whether there are so many.
  bool fill(size_t least, std::string& error) {
    if (end - begin >= least) return true;
    std::memmove(buffer.data(), buffer.data() + begin, end - begin);
    end -= begin;
    begin = 0;
    while (end < least) {
      const ssize_t got = ::read(descriptor, buffer.data() + end, buffer.size() - end);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error = std::strerror(errno);
      if (got <= 0) return false;
      end += static_cast<size_t>(got);
      bytes_read += static_cast<uint64_t>(got);
    }
    return true;
  }

  int descriptor;
  std::string buffer = std::string(1 << 18, '\0');
  size_t begin = 0, end = 0;  // the unread part of the buffer
  uint64_t bytes_read = 0;
};

// Decompresses gzip members that follow each other.
struct InputFile::GzipReader {
  GzipReader() {
    constexpr int kGzipFormat = 16 + MAX_WBITS;
    is_ready = inflateInit2(&stream, kGzipFormat) == Z_OK;
  }
  ~GzipReader() { inflateEnd(&stream); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Whether another member follows. Zeros pad files on some media, so that gzip ignores them, too.
  bool begin_member(Stored& stored, std::string& error) {
    if (stored.fill(kGzipMagic.size(), error) && stored.unread().starts_with(kGzipMagic)) {
      in_member = inflateReset(&stream) == Z_OK;
      return in_member;
    }
    while (error.empty() && stored.fill(1, error)) {
      const std::string_view unread = stored.unread();
      const size_t zeros = std::min(unread.find_first_not_of('\0'), unread.size());
      stored.begin += zeros;
      if (zeros == unread.size()) continue;
      error = "at byte " + std::to_string(stored.offset()) +
              " the gzip data end, but the file goes on with something else";
    }
    return false;
  }

  size_t read(Stored& stored, std::string& buffer, std::string& error) {
    if (!is_ready) {
      error = "there is not enough memory";
      return 0;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    while (stream.avail_out == buffer.size()) {
      if (!in_member && !begin_member(stored, error)) return 0;
      if (!stored.fill(1, error)) {
        if (error.empty()) error = "the compressed data ends early";
        return 0;
      }
      const std::string_view unread = stored.unread();
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(unread.data()));
      stream.avail_in = static_cast<uInt>(unread.size());
      const int code = inflate(&stream, Z_NO_FLUSH);
      stored.begin += unread.size() - stream.avail_in;
      if (code == Z_STREAM_END) {
        in_member = false;
      } else if (code != Z_OK) {
        error = stream.msg ? stream.msg : "the gzip data are damaged";
        return 0;
      }
    }
    return buffer.size() - stream.avail_out;
  }

  z_stream stream{};
  bool is_ready = false, in_member = false;
};

// Decompresses zstd frames that follow each other. Frames that need more memory than zstdcat takes
// by default, 128 MiB, are refused by the library.
struct InputFile::ZstdReader {
  struct Closer {
    void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
  };

  size_t read(Stored& stored, std::string& buffer, std::string& error) {
    if (!stream) {
      error = "there is not enough memory";
      return 0;
    }
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0) {
      const std::string_view unread = stored.unread();
      ZSTD_inBuffer in{unread.data(), unread.size(), 0};
      // A frame may have given all its input and not yet all its output.
      const size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
      if (ZSTD_isError(left)) {
        error = ZSTD_getErrorName(left);
        return 0;
      }
      stored.begin += in.pos;
      if (!unread.empty() || out.pos > 0) in_frame = left > 0;
      if (out.pos > 0 || in.pos < in.size) continue;
      if (stored.fill(1, error)) continue;
      if (error.empty() && in_frame) error = "the compressed data ends early";
      return 0;
    }
    return out.pos;
  }

  std::unique_ptr<ZSTD_DCtx, Closer> stream{ZSTD_createDCtx()};
  bool in_frame = true;  // at the end of the file, a frame that was begun must have ended
};

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

InputFile::InputFile() = default;
InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;

Result<InputFile> InputFile::open(const std::string& path, const std::string& name) {
  InputFile opened;
  opened.name_ = name.empty() ? input_name(path) : name;
  int descriptor = -1;
  if (path == "-") {
    descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  } else {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0)
      return not_found(opened.name_ + ": " + std::strerror(errno));
    if (S_ISDIR(info.st_mode)) {
      return invalid_argument(opened.name_ + ": is a directory, expected a file");
    }
    if (S_ISREG(info.st_mode)) opened.total_ = static_cast<uint64_t>(info.st_size);
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor < 0) return io_error(opened.name_ + ": " + std::strerror(errno));
  opened.stored_ = std::make_unique<Stored>(descriptor);
  return opened;
}

size_t InputFile::read(std::string& buffer, std::string& error) {
  Stored& stored = *stored_;
  if (stored.bytes_read == 0) {
    stored.fill(kZstdMagic.size(), error);
    if (stored.unread().starts_with(kGzipMagic)) {
      gzip_ = std::make_unique<GzipReader>();
    } else if (stored.unread().starts_with(kZstdMagic)) {
      zstd_ = std::make_unique<ZstdReader>();
    }
  }
  if (gzip_) return gzip_->read(stored, buffer, error);
  if (zstd_) return zstd_->read(stored, buffer, error);
  if (!stored.fill(1, error)) return 0;
  const size_t got = stored.unread().copy(buffer.data(), buffer.size());
  stored.begin += got;
  return got;
}

uint64_t InputFile::bytes_read() const { return stored_->offset(); }

}  // namespace barker

#include "models/base/input_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace barker {
namespace {

gzFile handle(void* file) { return static_cast<gzFile>(file); }

constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

}  // namespace

// Decompresses zstd frames that follow each other. Frames that need more memory than zstdcat takes
// by default, 128 MiB, are refused by the library.
struct InputFile::ZstdReader {
  struct Closer {
    void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
  };
  std::unique_ptr<ZSTD_DCtx, Closer> stream{ZSTD_createDCtx()};
  std::string stored;  // compressed bytes, of which `in` is the part that was not read yet
  ZSTD_inBuffer in{nullptr, 0, 0};
  bool in_frame = true;  // at the end of the file, a frame that was begun must have ended
};

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

void InputFile::Closer::operator()(void* file) const { gzclose(handle(file)); }

InputFile::InputFile() = default;
InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;

Result<InputFile> InputFile::open(const std::string& path) {
  constexpr unsigned kBuffer = 1 << 18;  // bytes
  InputFile opened;
  opened.name_ = input_name(path);
  if (path == "-") {
    opened.file_.reset(gzdopen(dup(STDIN_FILENO), "rb"));
  } else {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return not_found(path + ": " + std::strerror(errno));
    if (S_ISDIR(info.st_mode)) return invalid_argument(path + ": is a directory, expected a file");
    if (S_ISREG(info.st_mode)) opened.total_ = static_cast<uint64_t>(info.st_size);
    opened.file_.reset(gzopen(path.c_str(), "rb"));
  }
  if (!opened.file_) return io_error(opened.name_ + ": " + std::strerror(errno));
  gzbuffer(handle(opened.file_.get()), kBuffer);
  return opened;
}

size_t InputFile::read_stored(char* to, size_t size, std::string& error) {
  const gzFile file = handle(file_.get());
  const int got = gzread(file, to, static_cast<unsigned>(size));
  int code = Z_OK;
  const char* message = gzerror(file, &code);
  if (got < 0) {
    error = message;
  } else if (got == 0 && code == Z_BUF_ERROR) {
    error = "the compressed data ends early";
  }
  return got > 0 ? static_cast<size_t>(got) : 0;
}

size_t InputFile::read(std::string& buffer, std::string& error) {
  if (!zstd_) {
    const size_t got = read_stored(buffer.data(), buffer.size(), error);
    const bool is_first = !std::exchange(is_started_, true);
    if (!is_first || !std::string_view(buffer.data(), got).starts_with(kZstdMagic)) return got;
    zstd_ = std::make_unique<ZstdReader>();
    zstd_->stored = buffer;
    zstd_->in = {zstd_->stored.data(), got, 0};
  }
  ZstdReader& zstd = *zstd_;
  if (!zstd.stream) {
    error = "there is not enough memory";
    return 0;
  }
  ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
  while (out.pos == 0) {
    const size_t unread = zstd.in.size - zstd.in.pos;
    // A frame may have given all its input and not yet all its output.
    const size_t left = ZSTD_decompressStream(zstd.stream.get(), &out, &zstd.in);
    if (ZSTD_isError(left)) {
      error = ZSTD_getErrorName(left);
      return 0;
    }
    if (unread > 0 || out.pos > 0) zstd.in_frame = left > 0;
    if (out.pos > 0 || zstd.in.pos < zstd.in.size) continue;
    const size_t got = read_stored(zstd.stored.data(), zstd.stored.size(), error);
    if (got == 0) {
      if (error.empty() && zstd.in_frame) error = "the compressed data ends early";
      return 0;
    }
    zstd.in = {zstd.stored.data(), got, 0};
  }
  return out.pos;
}

uint64_t InputFile::bytes_read() const {
  const z_off_t offset = gzoffset(handle(file_.get()));
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}

}  // namespace barker

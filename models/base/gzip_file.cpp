#include "models/base/gzip_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

namespace barker {
namespace {

gzFile handle(void* file) { return static_cast<gzFile>(file); }

}  // namespace

std::string input_name(const std::string& path) { return path == "-" ? "standard input" : path; }

void GzipFile::Closer::operator()(void* file) const { gzclose(handle(file)); }

GzipFile::~GzipFile() = default;
GzipFile::GzipFile(GzipFile&&) noexcept = default;
GzipFile& GzipFile::operator=(GzipFile&&) noexcept = default;

Result<GzipFile> GzipFile::open(const std::string& path) {
  constexpr unsigned kBuffer = 1 << 18;  // bytes
  GzipFile opened;
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

size_t GzipFile::read(std::string& buffer, std::string& error) {
  const gzFile file = handle(file_.get());
  const int got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
  int code = Z_OK;
  const char* message = gzerror(file, &code);
  if (got < 0) {
    error = message;
  } else if (got == 0 && code == Z_BUF_ERROR) {
    error = "the compressed data ends early";
  }
  return got > 0 ? static_cast<size_t>(got) : 0;
}

uint64_t GzipFile::bytes_read() const {
  const z_off_t offset = gzoffset(handle(file_.get()));
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}

}  // namespace barker

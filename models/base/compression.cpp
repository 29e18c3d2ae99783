#include "models/base/compression.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "models/base/atomic_file.h"

namespace barker {
namespace {

constexpr size_t kBlock = 1 << 17;  // bytes

// Takes the bytes of a file block by block. The last one, which may be empty, has `last` set.
class Compressor {
 public:
  explicit Compressor(AtomicFile& file) : file_(file) {}
  virtual ~Compressor() = default;
  virtual Status take(std::string_view block, bool last) = 0;

 protected:
  AtomicFile& file_;
  std::string out_ = std::string(kBlock, '\0');
};

class Copier : public Compressor {
 public:
  using Compressor::Compressor;
  Status take(std::string_view block, bool) override {
    return file_.write(block.data(), block.size());
  }
};

class Gzipper : public Compressor {
 public:
  explicit Gzipper(AtomicFile& file) : Compressor(file) {
    constexpr int kGzipFormat = 16 + MAX_WBITS;
    constexpr int kMemory = 8;  // zlib's default
    ok_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemory,
                       Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Gzipper() override { deflateEnd(&stream_); }

  Status take(std::string_view block, bool last) override {
    if (!ok_) return io_error("gzip: there is not enough memory");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      if (Status s = file_.write(out_.data(), out_.size() - stream_.avail_out); !s.ok()) return s;
    } while (stream_.avail_out == 0);
    return {};
  }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

class Zstandard : public Compressor {
 public:
  explicit Zstandard(AtomicFile& file) : Compressor(file), stream_(ZSTD_createCCtx()) {
    if (stream_) ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  Status take(std::string_view block, bool last) override {
    if (!stream_) return io_error("zstd: there is not enough memory");
    ZSTD_inBuffer in{block.data(), block.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const size_t left =
          ZSTD_compressStream2(stream_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left)) return io_error(std::string("zstd: ") + ZSTD_getErrorName(left));
      if (Status s = file_.write(out_.data(), out.pos); !s.ok()) return s;
      if (last ? left == 0 : in.pos == in.size) return {};
    }
  }

 private:
  struct Closer {
    void operator()(ZSTD_CCtx* stream) const { ZSTD_freeCCtx(stream); }
  };
  std::unique_ptr<ZSTD_CCtx, Closer> stream_;
};

std::unique_ptr<Compressor> compressor_of(Compression compression, AtomicFile& file) {
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      return std::make_unique<Gzipper>(file);
    case Compression::kZstd:
      return std::make_unique<Zstandard>(file);
  }
  return std::make_unique<Copier>(file);
}

Status compress(int from, const std::string& name, Compressor& compressor) {
  std::string block(kBlock, '\0');
  for (;;) {
    const ssize_t got = read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(name + ": cannot be read: " + std::strerror(errno));
    const bool last = got == 0;
    if (Status s = compressor.take({block.data(), static_cast<size_t>(got)}, last); !s.ok()) {
      return s;
    }
    if (last) return {};
  }
}

}  // namespace

std::string_view extension_of(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "";
    case Compression::kGzip:
      return ".gz";
    case Compression::kZstd:
      return ".zst";
  }
  return "";
}

Status compress_file(const std::string& from, const std::string& to, Compression compression) {
  const int descriptor = open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return not_found(from + ": " + std::strerror(errno));
  Result<AtomicFile> file = AtomicFile::create(to);
  Status status = file.status();
  // Whoever may not read the file may not read the compressed one.
  struct stat info {};
  if (status.ok() &&
      (fstat(descriptor, &info) != 0 || fchmod(file->descriptor(), info.st_mode & 07777) != 0)) {
    status = file->failed(errno);
  }
  if (status.ok()) status = compress(descriptor, from, *compressor_of(compression, *file));
  close(descriptor);
  return status.ok() ? file->commit() : status;
}

}  // namespace barker

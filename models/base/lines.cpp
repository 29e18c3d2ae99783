#include "models/base/lines.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

namespace barker {

struct LineReader::Impl {
  gzFile file = nullptr;
  std::string path;
  std::string buffer = std::string(1 << 18, '\0');
  size_t begin = 0, end = 0;  // unread part of the buffer
  std::string line;           // a line that spans reads
  uint64_t number = 0, total = 0;
  bool at_end = false, cut = false;
  Status status;

  ~Impl() {
    if (file) gzclose(file);
  }

  bool fill() {
    const int got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
    int code = Z_OK;
    const char* message = gzerror(file, &code);
    if (got < 0 || (got == 0 && code == Z_BUF_ERROR)) {
      status = bad_data(path + ": cannot be read after line " + std::to_string(number) + ": " +
                        (got < 0 ? message : "the compressed data ends early"));
      return false;
    }
    begin = 0;
    end = static_cast<size_t>(got);
    return got > 0;
  }
};

LineReader::LineReader() : impl_(std::make_unique<Impl>()) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

Result<LineReader> LineReader::open(const std::string& path) {
  LineReader reader;
  Impl& impl = *reader.impl_;
  impl.path = path == "-" ? "standard input" : path;
  if (path == "-") {
    impl.file = gzdopen(dup(STDIN_FILENO), "rb");
  } else {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return not_found(path + ": " + std::strerror(errno));
    if (S_ISDIR(info.st_mode)) return invalid_argument(path + ": is a directory, expected a file");
    if (S_ISREG(info.st_mode)) impl.total = static_cast<uint64_t>(info.st_size);
    impl.file = gzopen(path.c_str(), "rb");
  }
  if (!impl.file) return io_error(impl.path + ": " + std::strerror(errno));
  gzbuffer(impl.file, 1 << 18);
  return reader;
}

bool LineReader::next(std::string_view& line) {
  Impl& impl = *impl_;
  impl.line.clear();
  for (;;) {
    if (impl.begin == impl.end && (impl.at_end || !impl.fill())) {
      impl.at_end = true;
      if (impl.line.empty() || !impl.status.ok()) return false;
      impl.cut = true;
      line = impl.line;
      break;
    }
    const char* from = impl.buffer.data() + impl.begin;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', impl.end - impl.begin));
    const size_t size = newline ? static_cast<size_t>(newline - from) : impl.end - impl.begin;
    if (impl.line.size() + size > kMaxLine) {
      impl.status = bad_data(impl.path + ":" + std::to_string(impl.number + 1) + ": longer than " +
                             std::to_string(kMaxLine) + " bytes");
      impl.at_end = true;
      return false;
    }
    impl.begin += size + (newline ? 1 : 0);
    if (newline && impl.line.empty()) {
      line = {from, size};
      break;
    }
    impl.line.append(from, size);
    if (newline) {
      line = impl.line;
      break;
    }
  }
  if (impl.number++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

uint64_t LineReader::number() const { return impl_->number; }
uint64_t LineReader::bytes_read() const {
  const z_off_t offset = gzoffset(impl_->file);
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}
uint64_t LineReader::bytes_total() const { return impl_->total; }
const Status& LineReader::status() const { return impl_->status; }
bool LineReader::ended_without_newline() const { return impl_->cut; }

void BadLines::add(uint64_t line, std::string reason) {
  ++count_;
  if (first_.size() < keep_) first_.push_back({line, std::move(reason)});
}

std::string BadLines::report(const std::string& file) const {
  std::string text;
  for (const Entry& entry : first_) {
    text += file + ":" + std::to_string(entry.line) + ": " + entry.reason + "\n";
  }
  if (count_ > first_.size()) {
    text += "... and " + std::to_string(count_ - first_.size()) + " more\n";
  }
  return text;
}

}  // namespace barker

#include "models/base/lines.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/base/input_file.h"
#include "models/base/one_line.h"

namespace barker {

struct LineReader::Impl {
  explicit Impl(InputFile opened) : file(std::move(opened)) {}

  InputFile file;
  std::string buffer = std::string(1 << 18, '\0');
  size_t begin = 0, end = 0;  // unread part of the buffer
  // The first '\n' and the first '\r' of the unread part, `end` where it has none. They are
  // searched for again when they were passed and not before, so that every byte is looked at once.
  size_t newline = 0, carriage_return = 0;
  bool after_return = false;  // a '\n' that comes next belongs to the '\r' before it
  std::string line;           // a line that spans reads
  uint64_t number = 0;
  bool at_end = false, cut = false;
  Status status;

  bool fill() {
    std::string error;
    const size_t got = file.read(buffer, error);
    if (!error.empty()) {
      status = bad_data(file.name() + ": cannot be read after line " + std::to_string(number) +
                        ": " + error);
      return false;
    }
    begin = 0;
    end = got;
    newline = find('\n');
    carriage_return = find('\r');
    if (got > 0 && std::exchange(after_return, false) && newline == 0) skip_newline();
    return got > 0;
  }

  size_t find(char wanted) const {
    const void* found = std::memchr(buffer.data() + begin, wanted, end - begin);
    return found ? static_cast<size_t>(static_cast<const char*>(found) - buffer.data()) : end;
  }

  void skip_newline() {
    ++begin;
    newline = find('\n');
  }

  // Goes behind the line end at `begin`, which is "\n", "\r" or "\r\n".
  void skip_line_end() {
    const bool is_return = begin == carriage_return;
    ++begin;
    if (!is_return) {
      newline = find('\n');
      return;
    }
    carriage_return = find('\r');
    if (begin == end) {
      after_return = true;
    } else if (begin == newline) {
      skip_newline();
    }
  }
};

LineReader::LineReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

Result<LineReader> LineReader::open(const std::string& path, const std::string& name) {
  Result<InputFile> file = InputFile::open(path, name);
  if (!file.ok()) return file.status();
  return LineReader(std::make_unique<Impl>(std::move(*file)));
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
    const size_t line_end = std::min(impl.newline, impl.carriage_return);
    const bool ends = line_end < impl.end;
    const size_t size = line_end - impl.begin;
    if (impl.line.size() + size > kMaxLine) {
      impl.status = bad_data(impl.file.name() + ":" + std::to_string(impl.number + 1) +
                             ": longer than " + std::to_string(kMaxLine) + " bytes");
      impl.at_end = true;
      return false;
    }
    impl.begin = line_end;
    if (ends) impl.skip_line_end();
    if (ends && impl.line.empty()) {
      line = {from, size};
      break;
    }
    impl.line.append(from, size);
    if (ends) {
      line = impl.line;
      break;
    }
  }
  if (impl.number++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  return true;
}

uint64_t LineReader::number() const { return impl_->number; }
uint64_t LineReader::bytes_read() const { return impl_->file.bytes_read(); }
uint64_t LineReader::bytes_total() const { return impl_->file.bytes_total(); }
const Status& LineReader::status() const { return impl_->status; }
bool LineReader::ended_without_newline() const { return impl_->cut; }

void BadLines::add(uint64_t line, std::string reason, std::string file) {
  ++count_;
  if (first_.size() < keep_) first_.push_back({line, std::move(reason), std::move(file)});
}

std::string BadLines::report(const std::string& file) const {
  std::string text;
  for (const Entry& entry : first_) {
    text += one_line(entry.file.empty() ? file : entry.file) + ":" + std::to_string(entry.line) +
            ": " + one_line(entry.reason) + "\n";
  }
  if (count_ > first_.size()) {
    text += "... and " + std::to_string(count_ - first_.size()) + " more\n";
  }
  return text;
}

}  // namespace barker

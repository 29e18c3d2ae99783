#include "index/catalogue/feeds/byte_source.h"

namespace barker {

Result<ByteSource> ByteSource::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file.ok()) return file.status();
  return ByteSource(std::move(*file));
}

bool ByteSource::fill() {
  std::string error;
  size_ = file_.read(buffer_, error);
  if (!error.empty()) status_ = bad_data(name() + ": cannot be read: " + error);
  return size_ > 0;
}

std::string_view ByteSource::peek() {
  if (!std::exchange(has_peeked_, true)) fill();
  return {buffer_.data(), size_};
}

bool ByteSource::next(std::string_view& piece) {
  const bool got = std::exchange(has_peeked_, false) ? size_ > 0 : fill();
  piece = {buffer_.data(), size_};
  return got && status_.ok();
}

}  // namespace barker

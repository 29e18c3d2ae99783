#include "index/live/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "index/catalogue/ad_json.h"
#include "index/retrieval/index_writer.h"

namespace barker {

Result<SourceFile> SourceFile::open(const std::string& directory) {
  const std::string path = source_in(directory);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return bad_data(path + ": is missing; build the index again with barker index");
  }
  if (descriptor < 0) return io_error(path + ": " + std::strerror(errno));
  return SourceFile(path, descriptor);
}

SourceFile::~SourceFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

SourceFile::SourceFile(SourceFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      lines_(std::move(other.lines_)) {}

SourceFile& SourceFile::operator=(SourceFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(lines_, other.lines_);
  return *this;
}

Status SourceFile::read(uint64_t from, char* to, size_t size) const {
  while (size > 0) {
    const ssize_t got = pread(descriptor_, to, size, static_cast<off_t>(from));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return io_error(path_ + ": " + (got < 0 ? std::strerror(errno) : "is cut off"));
    from += static_cast<uint64_t>(got);
    to += got;
    size -= static_cast<size_t>(got);
  }
  return {};
}

Status SourceFile::find_lines() {
  struct stat file {};
  if (fstat(descriptor_, &file) != 0) return io_error(path_ + ": " + std::strerror(errno));
  std::string block(size_t{1} << 20, '\0');
  lines_ = {0};
  const auto size = static_cast<uint64_t>(file.st_size);
  for (uint64_t at = 0; at < size; at += block.size()) {
    const size_t part = std::min<uint64_t>(block.size(), size - at);
    if (Status s = read(at, block.data(), part); !s.ok()) {
      lines_.clear();
      return s;
    }
    for (size_t i = 0; i < part; ++i) {
      if (block[i] == '\n') lines_.push_back(at + i + 1);
    }
  }
  return {};
}

Result<CatalogueAd> SourceFile::ad(uint32_t number) {
  if (lines_.empty()) {
    if (Status s = find_lines(); !s.ok()) return s;
  }
  const std::string name = path_ + ": line " + std::to_string(number + 1);
  if (number + 1 >= lines_.size()) return bad_data(name + " is missing");
  std::string line(lines_[number + 1] - lines_[number] - 1, '\0');
  if (Status s = read(lines_[number], line.data(), line.size()); !s.ok()) return s;
  Result<CatalogueAd> ad = parse_ad_line(line);
  if (!ad.ok()) return bad_data(name + ": " + ad.status().message());
  return ad;
}

}  // namespace barker

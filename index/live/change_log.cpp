#include "index/live/change_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "index/retrieval/index_writer.h"
#include "models/base/atomic_file.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

constexpr size_t kChecksumDigits = 16;

std::string checksum_text(std::string_view json) {
  std::string digits(kChecksumDigits, '0');
  char hex[kChecksumDigits];
  const auto end = std::to_chars(hex, hex + sizeof hex, fingerprint(json), 16).ptr;
  std::copy(hex, end, digits.end() - (end - hex));
  return digits;
}

// The change that a line says; nothing where its checksum is wrong.
std::optional<std::string_view> json_of(std::string_view line) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return std::nullopt;
  const std::string_view json = line.substr(kChecksumDigits + 1);
  return line.substr(0, kChecksumDigits) == checksum_text(json) ? std::optional(json)
                                                                : std::nullopt;
}

// Whether any of the lines is whole.
bool has_good_line(std::string_view text) {
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    if (json_of(text.substr(0, end))) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

Result<ChangeLog> ChangeLog::open(const std::string& directory) {
  const std::string path = change_log_in(directory);
  int descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  const bool can_write = descriptor >= 0;
  // An index that may only be read can still be searched.
  if (!can_write && (errno == EACCES || errno == EROFS)) {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor < 0 && errno == ENOENT) {
    return bad_data(path + ": is missing; build the index again with barker index");
  }
  if (descriptor < 0) return io_error(path + ": " + std::strerror(errno));
  return ChangeLog(path, descriptor, can_write);
}

ChangeLog::~ChangeLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

ChangeLog::ChangeLog(ChangeLog&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      can_write_(other.can_write_),
      offset_(other.offset_),
      lines_(other.lines_),
      dropped_(std::move(other.dropped_)) {}

ChangeLog& ChangeLog::operator=(ChangeLog&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(can_write_, other.can_write_);
  std::swap(offset_, other.offset_);
  std::swap(lines_, other.lines_);
  std::swap(dropped_, other.dropped_);
  return *this;
}

Status ChangeLog::failed(const char* what) const {
  return io_error(path_ + ": " + what + ": " + std::strerror(errno));
}

// With a lock, because a writer that fails takes back what it wrote.
Status ChangeLog::read(std::vector<CatalogueChange>& changes) {
  if (Status s = lock(LOCK_SH); !s.ok()) return s;
  const Status status = read_locked(changes);
  flock(descriptor_, LOCK_UN);
  return status;
}

Status ChangeLog::read_locked(std::vector<CatalogueChange>& changes) {
  std::string text;  // from offset_
  char block[1 << 16];
  for (;;) {
    const auto at = static_cast<off_t>(offset_ + text.size());
    const ssize_t got = pread(descriptor_, block, sizeof block, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot be read");
    if (got == 0) break;
    text.append(block, static_cast<size_t>(got));
  }
  dropped_.clear();
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const std::string name = path_ + ": line " + std::to_string(lines_ + 1);
    const std::optional<std::string_view> json = json_of(line);
    if (!json) {
      if (!has_good_line(std::string_view(text).substr(end + 1))) break;
      return bad_data(name + " is damaged; build the index again, or remove what begins there");
    }
    Result<CatalogueChange> change = parse_change_line(*json);
    if (!change.ok()) return bad_data(name + ": " + change.status().message());
    changes.push_back(std::move(*change));
    ++lines_;
    begin = end + 1;
    offset_ += line.size() + 1;
  }
  if (begin < text.size()) {
    dropped_ = path_ + ": dropped " + std::to_string(text.size() - begin) + " bytes from line " +
               std::to_string(lines_ + 1) +
               " on, which a crash left before the change was acknowledged";
  }
  return {};
}

// To be called with the lock, after read_locked(): what follows offset_ then is what a crash left.
Status ChangeLog::cut_end() {
  struct stat now {};
  if (fstat(descriptor_, &now) != 0) return failed("cannot be read");
  const auto size = static_cast<uint64_t>(now.st_size);
  if (size == offset_) return {};
  if (size < offset_) return bad_data(path_ + ": another program has cut it");
  if (ftruncate(descriptor_, static_cast<off_t>(offset_)) != 0) return failed("cannot be cut");
  dropped_.clear();
  return {};
}

Status ChangeLog::append(std::span<const CatalogueChange> own,
                         std::vector<CatalogueChange>& others) {
  if (!can_write_) return io_error(path_ + ": may only be read by this user");
  if (Status s = lock(LOCK_EX); !s.ok()) return s;
  const Status status = append_locked(own, others);
  flock(descriptor_, LOCK_UN);
  return status;
}

Status ChangeLog::append_locked(std::span<const CatalogueChange> own,
                                std::vector<CatalogueChange>& others) {
  if (!is_in_place()) {
    return Status(Code::kFailedPrecondition, path_ + ": another index has taken its place");
  }
  if (Status s = read_locked(others); !s.ok()) return s;
  if (Status s = cut_end(); !s.ok()) return s;
  std::string text;
  for (const CatalogueChange& change : own) {
    const std::string json = change_line(change);
    text += checksum_text(json) + " " + json + "\n";
  }
  int error = write_all(descriptor_, text.data(), text.size());
  if (error == 0 && fdatasync(descriptor_) != 0) error = errno;
  if (error != 0) {
    // What is on the disk now may be a part of it. It was not acknowledged, so it goes.
    (void)!ftruncate(descriptor_, static_cast<off_t>(offset_));
    return cannot_be_written(path_, error);
  }
  offset_ += text.size();
  lines_ += own.size();
  return {};
}

bool ChangeLog::is_in_place() const {
  struct stat ours {
  }, there{};
  return fstat(descriptor_, &ours) == 0 && stat(path_.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

Status ChangeLog::lock(int kind) const {
  while (flock(descriptor_, kind) != 0) {
    if (errno != EINTR) return failed("cannot be locked");
  }
  return {};
}

}  // namespace barker

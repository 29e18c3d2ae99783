#include "index/log/log_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "index/log/log_file.h"
#include "models/base/atomic_file.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events-";

std::string name_of(int64_t milliseconds) {
  const time_t seconds = milliseconds / 1000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "events-%04d%02d%02dT%02d%02d%02d%03dZ.jsonl",
                utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                utc.tm_sec, static_cast<int>(milliseconds % 1000));
  return text;
}

struct Name {
  int64_t begun;         // milliseconds since the epoch
  std::string_view end;  // what follows ".jsonl"
};

// Nothing where the name is none of ours.
std::optional<Name> parse_name(const std::string& name) {
  constexpr size_t kSize = std::string_view("events-YYYYMMDDTHHMMSSmmmZ.jsonl").size();
  tm utc{};
  int milliseconds = 0;
  if (name.size() < kSize || !name.starts_with(kPrefix)) return std::nullopt;
  if (std::sscanf(name.c_str(), "events-%4d%2d%2dT%2d%2d%2d%3dZ", &utc.tm_year, &utc.tm_mon,
                  &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &milliseconds) != 7) {
    return std::nullopt;
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  const int64_t begun = int64_t{timegm(&utc)} * 1000 + milliseconds;
  // What is no time, such as the 31st of June, does not write as it reads.
  if (name.substr(0, kSize) != name_of(begun)) return std::nullopt;
  return Name{begun, std::string_view(name).substr(kSize)};
}

bool has_copy(const std::string& path) {
  for (const Compression kind : {Compression::kGzip, Compression::kZstd}) {
    std::error_code ignored;
    if (fs::exists(path + std::string(extension_of(kind)), ignored)) return true;
  }
  return false;
}

Status failed(const std::string& path, const std::error_code& error) {
  return io_error(path + ": " + error.message());
}

}  // namespace

Result<LogDirectory> LogDirectory::open(const std::string& path) {
  LogDirectory directory;
  directory.path_ = path;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failed(path, error);
  if (Status s = directory.lock(); !s.ok()) return s;
  if (Status s = directory.take_up(); !s.ok()) return s;
  return directory;
}

LogDirectory::~LogDirectory() {
  if (lock_ >= 0) close(lock_);
}

LogDirectory::LogDirectory(LogDirectory&& other) noexcept { *this = std::move(other); }

LogDirectory& LogDirectory::operator=(LogDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(last_begun_, other.last_begun_);
  return *this;
}

Status LogDirectory::lock() {
  const std::string name = path_ + "/LOCK";
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_ < 0) return cannot_be_written(name, errno);
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return io_error(path_ + ": another process writes its event log here");
  return io_error(name + ": cannot be locked: " + std::strerror(errno));
}

// The lock is held, so that every ".open" and every temporary file is left by a process that ended.
Status LogDirectory::take_up() {
  std::vector<std::string> abandoned;
  std::error_code error;
  for (fs::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename();
    const std::optional<Name> name = parse_name(file);
    if (!name) continue;
    last_begun_ = std::max(last_begun_, name->begun);
    if (name->end == kOpenSuffix) {
      abandoned.push_back(
          at->path().string().substr(0, at->path().string().size() - kOpenSuffix.size()));
    } else if (name->end.find(".tmp.") != std::string_view::npos) {
      unlink(at->path().c_str());
    } else if (name->end.empty() && has_copy(at->path())) {
      // Its process was killed while it compressed. A reader of both files counts each line twice.
      unlink(at->path().c_str());
    }
  }
  if (error) return failed(path_, error);
  std::sort(abandoned.begin(), abandoned.end());
  for (const std::string& path : abandoned) {
    if (Status s = close_abandoned(path); !s.ok()) return s;
  }
  return {};
}

std::string LogDirectory::next_path(int64_t now) {
  last_begun_ = std::max(now, last_begun_ + 1);
  return path_ + "/" + name_of(last_begun_);
}

Result<std::vector<LogDirectory::File>> LogDirectory::files() const {
  std::vector<File> found;
  std::error_code error;
  for (fs::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename();
    const std::optional<Name> name = parse_name(file);
    if (!name || (!name->end.empty() && name->end != extension_of(Compression::kGzip) &&
                  name->end != extension_of(Compression::kZstd))) {
      continue;
    }
    // A file that a person removed meanwhile has no size.
    std::error_code gone;
    const uint64_t bytes = at->file_size(gone);
    if (!gone) found.push_back({at->path(), name->begun, bytes, !name->end.empty()});
  }
  if (error) return failed(path_, error);
  std::sort(found.begin(), found.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  return found;
}

Status LogDirectory::compress(Compression compression) const {
  if (compression == Compression::kNone) return {};
  const Result<std::vector<File>> found = files();
  if (!found.ok()) return found.status();
  Status first;
  for (const File& file : *found) {
    if (file.is_compressed) continue;
    // A failed removal leaves both files. A copy that is in place is complete.
    Status s;
    if (!has_copy(file.path)) {
      s = compress_file(file.path, file.path + std::string(extension_of(compression)), compression);
    }
    if (s.ok() && unlink(file.path.c_str()) != 0) s = cannot_be_written(file.path, errno);
    if (first.ok()) first = s;
  }
  return first;
}

Status LogDirectory::remove_old(const Retention& retention, int64_t now) const {
  const Result<std::vector<File>> found = files();
  if (!found.ok()) return found.status();
  uint64_t bytes = 0;
  for (const File& file : *found) bytes += file.bytes;
  for (const File& file : *found) {
    const bool is_old = retention.most_age_ms > 0 && file.begun < now - retention.most_age_ms;
    const bool is_too_much = retention.most_bytes > 0 && bytes > retention.most_bytes;
    if (!is_old && !is_too_much) continue;
    if (unlink(file.path.c_str()) != 0 && errno != ENOENT) {
      return io_error(file.path + ": cannot be removed: " + std::strerror(errno));
    }
    bytes -= file.bytes;
  }
  return {};
}

}  // namespace barker

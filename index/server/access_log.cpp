#include "index/server/access_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "models/base/atomic_file.h"
#include "models/base/number_text.h"

namespace barker {
namespace {

constexpr size_t kMostGathered = 4 << 20;  // bytes
constexpr std::chrono::milliseconds kWriteEvery{200};

int open_log(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

// Whether a file's last line has no end, because a process was killed while it wrote it.
bool ends_within_line(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat info {};
  char last = '\n';
  const bool is_read = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
                       pread(descriptor, &last, 1, info.st_size - 1) == 1;
  close(descriptor);
  return is_read && last != '\n';
}

// Writes as much as it can and returns how many bytes; `error` is 0 where these are all.
size_t write_some(int descriptor, std::string_view text, int& error) {
  size_t wrote = 0;
  error = 0;
  while (wrote < text.size()) {
    const ssize_t now = ::write(descriptor, text.data() + wrote, text.size() - wrote);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) {
      error = now < 0 ? errno : ENOSPC;
      break;
    }
    wrote += static_cast<size_t>(now);
  }
  return wrote;
}

std::string now_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = ms / 1000;
  std::tm utc;
  gmtime_r(&seconds, &utc);
  char day[32], text[48];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(ms % 1000));
  return text;
}

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, const UserSalt& salt,
                                                   Report report) {
  const int descriptor = path == "-" ? dup(STDOUT_FILENO) : open_log(path);
  if (descriptor < 0) return cannot_be_written(path, errno);
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor, salt, std::move(report)));
}

AccessLog::AccessLog(std::string path, int descriptor, const UserSalt& salt, Report report)
    : path_(std::move(path)),
      salt_(salt),
      descriptor_(descriptor),
      is_within_line_(path_ != "-" && ends_within_line(path_)),
      outage_(report),
      reopening_(std::move(report)),
      thread_([this] { run(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
  close(descriptor_);
}

// Method and peer are tokens and addresses, but the line must be whole whatever they are.
void AccessLog::add(const FinishedRequest& request) {
  const HttpResponse& response = request.response;
  std::string line = "{\"time\":\"" + now_text() + "\",\"peer\":\"" + std::string(request.peer) +
                     "\",\"method\":" + nlohmann::json(request.method).dump() + ",\"route\":\"" +
                     std::string(request.route) +
                     "\",\"status\":" + std::to_string(response.status) +
                     ",\"bytes\":" + std::to_string(request.bytes) +
                     ",\"seconds\":" + number_text(request.seconds, 6);
  if (!response.request_id.empty()) line += ",\"request_id\":\"" + response.request_id + "\"";
  if (!response.user.empty()) line += ",\"user\":\"" + salt_.hash(response.user) + "\"";
  line += "}\n";
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lines_.size() + line.size() > kMostGathered) {
    ++dropped_;
  } else {
    lines_ += line;
  }
}

void AccessLog::reopen() {
  const std::lock_guard<std::mutex> lock(mutex_);
  reopens_ = path_ != "-";
}

AccessLog::Counts AccessLog::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {lines_.size(), dropped_};
}

void AccessLog::write(const std::string& lines) {
  const std::string text = (is_within_line_ ? "\n" : "") + lines;
  int error = 0;
  const size_t wrote = write_some(descriptor_, text, error);
  if (wrote > 0) is_within_line_ = text[wrote - 1] != '\n';
  if (error == 0) {
    outage_.ends("the access log is written again");
    return;
  }
  outage_.begins("the access log's lines are lost: " +
                 cannot_be_written(path_ == "-" ? "standard output" : path_, error).message());
  const size_t lost = std::min(lines.size(), text.size() - wrote);
  const std::lock_guard<std::mutex> lock(mutex_);
  dropped_ += static_cast<uint64_t>(
      std::count(lines.end() - static_cast<std::ptrdiff_t>(lost), lines.end(), '\n'));
}

// False where the path cannot be opened. What the old file takes meanwhile is not lost.
bool AccessLog::open_anew() {
  const int opened = open_log(path_);
  if (opened < 0) {
    const int error = errno;
    reopening_.begins("the access log cannot be opened anew, and its old file takes the lines: " +
                      cannot_be_written(path_, error).message());
    return false;
  }
  close(descriptor_);
  descriptor_ = opened;
  is_within_line_ = ends_within_line(path_);
  reopening_.ends("the access log is opened anew");
  return true;
}

void AccessLog::run() {
  bool reopens = false;  // until it has worked
  for (bool ends = false; !ends;) {
    std::string lines;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_for(lock, kWriteEvery, [this] { return ends_; });
      lines.swap(lines_);
      ends = ends_;
      if (std::exchange(reopens_, false)) reopens = true;
    }
    if (!lines.empty()) write(lines);
    if (reopens) reopens = !open_anew();
  }
}

}  // namespace barker

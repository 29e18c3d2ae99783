#include "index/server/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
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

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, const UserSalt& salt) {
  const int descriptor = path == "-" ? dup(STDOUT_FILENO) : open_log(path);
  if (descriptor < 0) return cannot_be_written(path, errno);
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor, salt));
}

AccessLog::AccessLog(std::string path, int descriptor, const UserSalt& salt)
    : path_(std::move(path)), salt_(salt), descriptor_(descriptor), thread_([this] { run(); }) {}

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

uint64_t AccessLog::dropped() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return dropped_;
}

void AccessLog::run() {
  for (bool ends = false; !ends;) {
    std::string lines;
    bool reopens = false;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_for(lock, kWriteEvery, [this] { return ends_; });
      lines.swap(lines_);
      ends = ends_;
      reopens = std::exchange(reopens_, false);
    }
    if (!lines.empty() && write_all(descriptor_, lines.data(), lines.size()) != 0) {
      const std::lock_guard<std::mutex> lock(mutex_);
      dropped_ += static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    }
    if (!reopens) continue;
    const int opened = open_log(path_);
    if (opened < 0) continue;  // the old file takes the lines until the new one can be made
    close(descriptor_);
    descriptor_ = opened;
  }
}

}  // namespace barker

#include "models/weights/trusted_path.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "models/weights/weight_path.h"

namespace barker {
namespace {

constexpr int kMostLinks = 40;  // as many as the kernel follows

bool is_trusted(uid_t owner) { return owner == 0 || owner == geteuid(); }
bool others_may_write(const struct stat& info) { return (info.st_mode & (S_IWGRP | S_IWOTH)) != 0; }

Status open_to_others(const std::string& what, const char* expected, const struct stat& info) {
  char found[64];
  std::snprintf(found, sizeof found, "mode %04o of user %u", info.st_mode & 07777u, info.st_uid);
  return bad_data(what + ": expected " + expected + ", found " + found +
                  " (shared_directory = true allows it)");
}

Status system_error(const std::string& what) {
  const int error = errno;
  return {error == ENOENT || error == ENOTDIR ? Code::kNotFound : Code::kIoError,
          what + ": " + std::strerror(error)};
}

Result<std::string> read_link(const std::string& link) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return system_error(link);
  target.resize(static_cast<size_t>(size));
  return target;
}

bool is_on_procfs(const std::string& path) {
  struct statfs info {};
  return statfs(path.c_str(), &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

// A walk along a path, one name at a time.
class Walk {
 public:
  explicit Walk(const std::string& path) : rest_(path) {}

  Status run() {
    if (rest_.empty() || rest_[0] != '/') {
      std::string directory(PATH_MAX, '\0');
      if (!getcwd(directory.data(), directory.size())) return system_error("working directory");
      directory.resize(std::strlen(directory.c_str()));
      rest_ = directory + "/" + rest_;
    }
    while (!rest_.empty() && !ends_here_) {
      const size_t end = rest_.find('/');
      const std::string name = rest_.substr(0, end);
      rest_.erase(0, end == std::string::npos ? end : end + 1);
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        at_.erase(at_.empty() ? 0 : at_.rfind('/'));
      } else if (Status s = enter(name); !s.ok()) {
        return s;
      }
    }
    return {};
  }

 private:
  std::string directory() const { return at_.empty() ? "/" : at_; }

  Status enter(const std::string& name) {
    struct stat directory_info {
    }, info{};
    if (lstat(directory().c_str(), &directory_info) != 0) return system_error(directory());
    const std::string entry = at_ + "/" + name;
    if (lstat(entry.c_str(), &info) != 0) return system_error(entry);
    const bool is_sticky = (directory_info.st_mode & S_ISVTX) != 0 && is_trusted(info.st_uid);
    if (!is_trusted(directory_info.st_uid) || (others_may_write(directory_info) && !is_sticky)) {
      return open_to_others(directory(), "a directory that only its owner can write to",
                            directory_info);
    }
    if (S_ISLNK(info.st_mode)) return follow(entry);
    at_ = entry;
    return {};
  }

  Status follow(const std::string& link) {
    if (++links_ > kMostLinks) {
      errno = ELOOP;
      return system_error(link);
    }
    const Result<std::string> target = read_link(link);
    if (!target.ok()) return target.status();
    struct stat info {};
    if (is_on_procfs(directory()) && target->starts_with('/') &&
        lstat(target->c_str(), &info) != 0) {
      // What a descriptor of a process of ours holds open without a name, such as a memfd.
      ends_here_ = true;
      return {};
    }
    rest_ = *target + "/" + rest_;
    if (target->starts_with('/')) at_.clear();
    return {};
  }

  std::string at_;    // the directory that the walk has reached, without links; empty: the root
  std::string rest_;  // what is still to be walked
  int links_ = 0;
  bool ends_here_ = false;
};

}  // namespace

Status check_path_is_closed(const std::string& path) {
  Walk walk(path);
  return walk.run();
}

Status check_file_is_closed(const std::string& path) {
  if (Status s = check_path_is_closed(path); !s.ok()) {
    return s.code() == Code::kNotFound ? Status() : s;
  }
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  if (is_trusted(info.st_uid) && !others_may_write(info)) return {};
  return open_to_others(path, "a file that only its owner can write to", info);
}

Result<std::string> resolve_closed_weights_path(const std::string& path, const std::string& label) {
  const Status closed = check_file_is_closed(weights_pointer_path(path, label));
  if (!closed.ok()) return closed;
  return resolve_weights_path(path, label);
}

}  // namespace barker

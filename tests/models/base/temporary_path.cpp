#include "tests/models/base/temporary_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace barker {

namespace fs = std::filesystem;

namespace {

// The directory has a name that no process had before: process numbers come round again within one
// long run of tests, so a name made of the number alone meets the files of an earlier test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_((fs::temp_directory_path() / "barker-XXXXXX").string()) {
    // Some tests change to another user id, for which the directory must be writable, as /tmp is.
    constexpr mode_t kAsInTmp = 01777;
    if (!mkdtemp(path_.data()) || chmod(path_.c_str(), kAsInTmp) != 0) {
      std::perror(path_.c_str());
      std::abort();
    }
  }

  // A forked child that ends by exit() runs this too, and must leave its parent's files alone.
  ~TemporaryDirectory() {
    if (getpid() != owner_) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  const pid_t owner_ = getpid();
  std::string path_;
};

}  // namespace

std::string temporary_path(const std::string& name) {
  static const TemporaryDirectory directory;
  static std::atomic<int> count{0};
  return directory.path() + "/" + std::to_string(count++) + "-" + name;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace barker

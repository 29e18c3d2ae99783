#include "models/data/repeatable_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "models/base/input_file.h"

namespace barker {
namespace {

// Copies what can be read from the descriptor.
Status copy_all(int from, const std::string& name, SpoolFile& to) {
  std::string block(1 << 17, '\0');
  for (;;) {
    const ssize_t got = read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(name + ": cannot be read: " + std::strerror(errno));
    if (got == 0) return to.flush();
    to.append(block.data(), static_cast<size_t>(got));
  }
}

}  // namespace

Result<RepeatableLog> RepeatableLog::open(const std::string& path, const std::string& scratch) {
  RepeatableLog log;
  log.path_ = path;
  log.name_ = input_name(path);
  struct stat info {};
  const bool is_standard_input = path == "-";
  if (!is_standard_input && stat(path.c_str(), &info) != 0) {
    return not_found(path + ": " + std::strerror(errno));
  }
  if (S_ISDIR(info.st_mode)) return invalid_argument(path + ": is a directory, expected a file");
  if (!is_standard_input && S_ISREG(info.st_mode)) return log;
  Result<SpoolFile> copy = SpoolFile::create(scratch);
  if (!copy.ok()) return copy.status();
  const int from = is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return io_error(log.name_ + ": " + std::strerror(errno));
  const Status status = copy_all(from, log.name_, *copy);
  close(from);
  if (!status.ok()) return status;
  // The copy has no name, so that it is opened by its descriptor.
  log.path_ = "/proc/self/fd/" + std::to_string(copy->descriptor());
  log.copy_ = std::move(*copy);
  return log;
}

}  // namespace barker

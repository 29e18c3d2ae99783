#include "models/data/log_path.h"

#include <sys/stat.h>

namespace barker {

Status check_log_path(const std::string& path) {
  struct stat info {};
  const bool is_pipe = path == "-" || (stat(path.c_str(), &info) == 0 &&
                                       (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)));
  if (!is_pipe) return {};
  return invalid_argument(path +
                          ": is read twice, which standard input and pipes cannot be; write it to "
                          "a file first");
}

}  // namespace barker

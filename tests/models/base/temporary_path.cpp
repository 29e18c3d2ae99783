#include "tests/models/base/temporary_path.h"

#include <unistd.h>

#include <filesystem>

namespace barker {

std::string temporary_path(const std::string& name) {
  static int count = 0;
  return (std::filesystem::temp_directory_path() /
          ("barker-" + std::to_string(getpid()) + "-" + std::to_string(count++) + "-" + name))
      .string();
}

}  // namespace barker

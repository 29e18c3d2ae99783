#include "models/weights/weight_path.h"

#include <filesystem>

#include "models/base/file_bytes.h"

namespace barker {

Result<std::string> read_weights_pointer(const std::string& pointer) {
  constexpr size_t kLongestName = 4096;
  const Result<std::string> line = read_small_file(pointer, kLongestName);
  if (line.status().code() == Code::kNotFound) return std::string();
  if (!line.ok()) return line.status();
  const std::string version = line->substr(0, line->find('\n'));
  if (version.find('/') != std::string::npos || version == "." || version == "..") {
    return bad_data(pointer + ": expected a version, found \"" + version + "\"");
  }
  return version;
}

std::string weights_pointer_path(const std::string& directory, const std::string& label) {
  return directory + (label.empty() ? "/CURRENT" : "/label." + label);
}

Result<std::string> resolve_weights_path(const std::string& path, const std::string& label) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  const std::string pointer = weights_pointer_path(path, label);
  const Result<std::string> version = read_weights_pointer(pointer);
  if (!version.ok()) return version.status();
  if (version->empty()) {
    return not_found(pointer + ": a weights directory names its version there, found none");
  }
  return (fs::path(path) / *version).string();
}

}  // namespace barker

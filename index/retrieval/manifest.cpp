#include "index/retrieval/manifest.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "models/base/atomic_file.h"
#include "models/base/file_bytes.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "manifest";
constexpr size_t kMostBytes = 1 << 20;

// A line of the manifest: "CHECKSUM SIZE PATH\n".
Result<std::string> line_of(const fs::path& directory, const std::string& path) {
  const Result<FileBytes> file = FileBytes::open((directory / path).string(), Storage::kAuto);
  if (!file.ok()) return file.status();
  const std::span<const std::byte> bytes = file->bytes();
  const Fingerprint sum = fingerprint({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  char hex[17] = {};
  std::to_chars(hex, hex + 16, sum, 16);
  return std::string(hex) + " " + std::to_string(bytes.size()) + " " + path + "\n";
}

}  // namespace

Status write_manifest(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = fs::relative(entry->path(), directory).string();
    if (entry->is_regular_file() && path != kName) paths.push_back(path);
  }
  if (error) return io_error(directory + ": " + error.message());
  std::ranges::sort(paths);
  std::string text;
  for (const std::string& path : paths) {
    const Result<std::string> line = line_of(directory, path);
    if (!line.ok()) return line.status();
    text += *line;
  }
  Result<AtomicFile> file = AtomicFile::create(directory + "/" + kName);
  if (!file.ok()) return file.status();
  if (Status s = file->write(text.data(), text.size()); !s.ok()) return s;
  return file->commit();
}

Status check_manifest(const std::string& directory) {
  const std::string name = directory + "/" + kName;
  const Result<std::string> text = read_small_file(name, kMostBytes);
  if (!text.ok()) return text.status();
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = text->find('\n', begin);
    const std::string line = text->substr(begin, end == std::string::npos ? end : end + 1 - begin);
    begin += line.size();
    const size_t size = line.find(' '), path = line.find(' ', size + 1);
    if (size == std::string::npos || path == std::string::npos || line.back() != '\n' ||
        line.find("..") != std::string::npos) {
      return bad_data(name + ": expected lines of checksum, size and path; build the index again");
    }
    const std::string file = line.substr(path + 1, line.size() - path - 2);
    const Result<std::string> found = line_of(directory, file);
    if (!found.ok() || *found != line) {
      const std::string why =
          found.ok() ? "is not the file that was written, or is damaged" : found.status().message();
      return bad_data(directory + "/" + file + ": " + why + "; build the index again");
    }
  }
  return {};
}

}  // namespace barker

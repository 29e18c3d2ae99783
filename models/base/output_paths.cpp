#include "models/base/output_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <utility>

#include "models/base/atomic_file.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

bool look_up(const std::string& path, int standard_stream, struct stat& info) {
  return (path == "-" ? fstat(standard_stream, &info) : stat(path.c_str(), &info)) == 0;
}

// Two names of a file that does not exist yet, such as "x" and "./x", are compared as paths.
bool will_be_same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  const fs::path a = fs::weakly_canonical(one, error), b = fs::weakly_canonical(other, error);
  return !error && a == b;
}

Status same(const OutputPath& output, const std::string& option, const std::string& path) {
  return invalid_argument(output.option + " " + output.path + ": is the same file as " + option +
                          " " + path + ", which would be lost; name another file");
}

Status check_writable(const OutputPath& output) {
  // A stream is opened when it is written: opening a pipe waits for its reader.
  if (output.kind == OutputPath::Kind::kFileOrStream) {
    return is_stream(output.path) ? Status() : OutputFile(output.path).status();
  }
  return AtomicFile::create(output.path).status();
}

}  // namespace

bool is_same_file(const std::string& input, const std::string& output) {
  struct stat in {
  }, out{};
  if (!look_up(input, STDIN_FILENO, in) || !look_up(output, STDOUT_FILENO, out)) return false;
  // Devices such as /dev/null and terminals are read and written at once without harm.
  if (!S_ISREG(out.st_mode) && !S_ISDIR(out.st_mode) && !S_ISFIFO(out.st_mode)) return false;
  return in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

Status check_outputs(const std::vector<InputPath>& inputs, const std::vector<OutputPath>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const OutputPath& output = outputs[i];
    if (output.path.empty()) continue;
    for (const InputPath& input : inputs) {
      if (is_same_file(input.path, output.path)) return same(output, input.option, input.path);
    }
    for (size_t k = 0; k < i; ++k) {
      const OutputPath& other = outputs[k];
      if (other.path.empty() || is_stream(output.path)) continue;
      if (is_same_file(other.path, output.path) || will_be_same_file(other.path, output.path)) {
        return same(output, other.option, other.path);
      }
    }
    if (Status s = check_writable(output); !s.ok()) return s;
  }
  return {};
}

Status check_output_directory(const std::string& from, const std::string& out) {
  if (is_same_file(from, out)) {
    return invalid_argument(out + ": is the directory that is read; name another to write to");
  }
  std::set<std::pair<dev_t, ino_t>> read;
  std::error_code error;
  struct stat info {};
  for (const fs::directory_entry& entry : fs::directory_iterator(from, error)) {
    if (stat(entry.path().c_str(), &info) == 0) read.emplace(info.st_dev, info.st_ino);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(out, error)) {
    if (stat(entry.path().c_str(), &info) == 0 && read.contains({info.st_dev, info.st_ino})) {
      return invalid_argument(entry.path().string() + ": is also a file of " + from +
                              ", which would be lost; name another directory to write to");
    }
  }
  return {};
}

}  // namespace barker

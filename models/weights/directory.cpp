#include "models/weights/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "models/base/atomic_file.h"
#include "models/base/file_bytes.h"
#include "models/base/file_lock.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCurrent = "CURRENT";
constexpr const char* kPrevious = "PREVIOUS";
constexpr const char* kLabel = "label.";
constexpr const char* kTemporary =
    ".tmp.";  // part of the names of files that AtomicFile has not renamed yet
constexpr const char* kEnding = ".barker";
constexpr const char* kSignatureEnding = ".sig";
constexpr uint64_t kLastNumber =
    999'999'999'999;  // of twelve digits, so that one more never overflows

// Lets one publisher at a time work.
Result<FileLock> lock_directory(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) return not_found(directory + ": not a directory");
  return FileLock::take(directory + "/.lock", FileLock::Wait::kUntilFree,
                        FileLock::Children::kLetGo);
}

std::string name_of(uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof name, "%06llu%s", static_cast<unsigned long long>(number), kEnding);
  return name;
}

// The number of a name such as "000012.barker"; 0 for names that no publisher gives.
uint64_t number_of(const std::string& name) {
  uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number <= kLastNumber && name == name_of(number) ? number : 0;
}

Status write_name(const std::string& path, const std::string& name) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  const std::string line = name + "\n";
  const Status s = file->write(line.data(), line.size());
  return s.ok() ? file->commit() : s;
}

Status copy_file(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) return not_found(from + ": cannot be read");
  Result<AtomicFile> out = AtomicFile::create(to);
  if (!out.ok()) return out.status();
  std::array<char, 1 << 16> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    if (Status s = out->write(buffer.data(), static_cast<size_t>(in.gcount())); !s.ok()) return s;
  }
  if (in.bad()) return io_error(from + ": cannot be read to its end");
  return out->commit();
}

// Files that a killed publisher left under this number are removed, too.
Status copy_signature(const std::string& from, const std::string& to) {
  std::error_code error;
  const bool is_signed = fs::exists(signature_path(from), error);
  if (error) return io_error(signature_path(from) + ": " + error.message());
  if (is_signed) return copy_file(signature_path(from), signature_path(to));
  fs::remove(signature_path(to), error);
  return error ? io_error(signature_path(to) + ": " + error.message()) : Status();
}

// Copies the file in and checks the copy, because the original may have changed in between.
Status copy_version(const std::string& from, const std::string& to,
                    const std::function<Status(const std::string&)>& verify) {
  // The signature comes before the file, so that no reader finds the version without it.
  if (Status s = copy_signature(from, to); !s.ok()) return s;
  if (Status s = copy_file(from, to); !s.ok()) return s;
  if (const auto copied = WeightFile::open(to); !copied.ok()) return copied.status();
  return verify ? verify(to) : Status();
}

// Unlinks a file unless a process has it open: FileBytes keeps a shared lock on a file that it
// reads, AtomicFile an exclusive one on a file that it writes. True if the file was there and is
// gone now.
Result<bool> remove_unused(const std::string& path) {
  // NFS gives an exclusive lock only to a process that may write to the file.
  int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0 && errno == EACCES) file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return false;
  if (file < 0) return io_error(path + ": " + std::strerror(errno));
  const bool removed = flock(file, LOCK_EX | LOCK_NB) == 0 && unlink(path.c_str()) == 0;
  const int error = removed ? 0 : errno;
  close(file);
  if (removed || error == EWOULDBLOCK || error == ENOENT) return removed;
  return io_error(path + ": cannot be locked and removed: " + std::strerror(error));
}

bool valid_label(const std::string& label) {
  return !label.empty() && label.size() <= 64 &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return not_found(directory + ": " + error.message());
  }
  if (error) return io_error(directory + ": " + error.message());
  return names;
}

Status wrong_label(const std::string& label) {
  return invalid_argument("label: expected a-z, 0-9, - and _, found \"" + label + "\"");
}

// PREVIOUS is written first. If the process is killed in between, both name the version that
// serves, and a rollback changes nothing.
Status make_current(const std::string& directory, const std::string& name) {
  const Result<std::string> current = read_weights_pointer(directory + "/" + kCurrent);
  if (!current.ok()) return current.status();
  if (!current->empty()) {
    if (Status s = write_name(directory + "/" + kPrevious, *current); !s.ok()) return s;
  }
  return write_name(directory + "/" + kCurrent, name);
}

Status unlink_label(const std::string& directory, const std::string& label) {
  const std::string path = directory + "/" + kLabel + label;
  if (unlink(path.c_str()) == 0) return sync_directory(directory);
  if (errno == ENOENT) return not_found(path + ": there is no such label");
  return io_error(path + ": " + std::strerror(errno));
}

// Makes the directory and those above it. Each is synced into the one that holds it.
Status make_directory(const fs::path& directory) {
  std::error_code error;
  if (directory.empty() || fs::exists(directory, error)) return {};
  if (error) return io_error(directory.string() + ": " + error.message());
  const fs::path parent = directory.parent_path();
  if (Status s = make_directory(parent); !s.ok()) return s;
  fs::create_directory(directory, error);
  if (error) return io_error(directory.string() + ": " + error.message());
  return sync_directory(parent.string());
}

// "000012.barker" for the name "000012.barker.sig"; empty for other names.
std::string signed_by(const std::string& name) {
  if (!name.ends_with(kSignatureEnding)) return "";
  return name.substr(0, name.size() - std::strlen(kSignatureEnding));
}

// Whether AtomicFile made this name for a file of the directory, such as "CURRENT.tmp.17.0".
bool is_temporary(const std::string& name) {
  const std::string target = name.substr(0, name.find(kTemporary));
  if (target.size() == name.size()) return false;
  if (target == kCurrent || target == kPrevious || target.starts_with(kLabel)) return true;
  return number_of(target) > 0 || number_of(signed_by(target)) > 0;
}

// Whether this is a signature whose version does not exist.
bool is_orphan(const std::string& directory, const std::string& name) {
  const std::string version = signed_by(name);
  return number_of(version) > 0 && access((directory + "/" + version).c_str(), F_OK) != 0 &&
         errno == ENOENT;
}

}  // namespace

Result<std::string> publish_weights(const std::string& file, const std::string& directory,
                                    const std::string& label,
                                    const std::function<Status(const std::string& path)>& verify) {
  if (!label.empty() && !valid_label(label)) return wrong_label(label);
  {
    const auto checked = WeightFile::open(file);
    if (!checked.ok()) return checked.status();
  }
  if (Status s = make_directory(directory); !s.ok()) return s;
  Result<FileLock> lock = lock_directory(directory);
  if (!lock.ok()) return lock.status();
  const auto versions = weight_versions(directory);
  if (!versions.ok()) return versions.status();
  const uint64_t number = versions->empty() ? 1 : versions->back().number + 1;
  if (number > kLastNumber) return bad_data(directory + ": there is no number left");
  const std::string name = name_of(number), path = directory + "/" + name;
  if (Status s = copy_version(file, path, verify); !s.ok()) {
    unlink(path.c_str());
    unlink(signature_path(path).c_str());
    return s;
  }
  const Status s = label.empty() ? make_current(directory, name)
                                 : write_name(directory + "/" + kLabel + label, name);
  return s.ok() ? Result<std::string>(name) : s;
}

Result<std::string> promote_label(const std::string& directory, const std::string& label) {
  if (!valid_label(label)) return wrong_label(label);
  Result<FileLock> lock = lock_directory(directory);
  if (!lock.ok()) return lock.status();
  const Result<std::string> path = resolve_weights_path(directory, label);
  if (!path.ok()) return path.status();
  if (const auto file = WeightFile::open(*path); !file.ok()) return file.status();
  const std::string name = fs::path(*path).filename().string();
  const Result<std::string> current = read_weights_pointer(directory + "/" + kCurrent);
  if (!current.ok()) return current.status();
  if (name != *current) {
    if (Status s = make_current(directory, name); !s.ok()) return s;
  }
  if (Status s = unlink_label(directory, label); !s.ok()) return s;
  return name;
}

Status remove_label(const std::string& directory, const std::string& label) {
  if (!valid_label(label)) return wrong_label(label);
  Result<FileLock> lock = lock_directory(directory);
  return lock.ok() ? unlink_label(directory, label) : lock.status();
}

Result<std::string> rollback_weights(const std::string& directory) {
  Result<FileLock> lock = lock_directory(directory);
  if (!lock.ok()) return lock.status();
  const Result<std::string> current = read_weights_pointer(directory + "/" + kCurrent);
  const Result<std::string> previous = read_weights_pointer(directory + "/" + kPrevious);
  for (const auto* name : {&current, &previous}) {
    if (!name->ok()) return name->status();
  }
  if (previous->empty() || *previous == *current) {
    return Status(Code::kFailedPrecondition, directory + ": nothing was published before " +
                                                 (current->empty() ? "anything serves" : *current));
  }
  const std::string path = directory + "/" + *previous;
  if (const auto file = WeightFile::open(path); !file.ok()) return file.status();
  if (Status s = write_name(directory + "/" + kCurrent, *previous); !s.ok()) return s;
  if (Status s = write_name(directory + "/" + kPrevious, *current); !s.ok()) return s;
  return *previous;
}

Result<std::vector<WeightVersion>> weight_versions(const std::string& directory) {
  const Result<std::vector<std::string>> names = names_in(directory);
  if (!names.ok()) return names.status();
  std::vector<WeightVersion> versions;
  std::vector<std::pair<std::string, std::string>> labels;  // label, version
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    if (name.starts_with(kLabel) && name.find(kTemporary) == std::string::npos) {
      const Result<std::string> version = read_weights_pointer(path);
      if (!version.ok()) return version.status();
      labels.emplace_back(name.substr(std::strlen(kLabel)), *version);
    }
    if (number_of(name) == 0) continue;
    std::error_code error;
    const uint64_t size = fs::file_size(path, error);
    if (error == std::errc::no_such_file_or_directory)
      continue;  // another process may prune meanwhile
    if (error) return io_error(path + ": " + error.message());
    const bool is_signed = fs::exists(signature_path(path), error);
    versions.push_back({name, number_of(name), size, is_signed, false, false, {}});
  }
  std::ranges::sort(versions, {}, &WeightVersion::number);
  std::ranges::sort(labels);
  const Result<std::string> current = read_weights_pointer(directory + "/" + kCurrent);
  const Result<std::string> previous = read_weights_pointer(directory + "/" + kPrevious);
  for (const auto* name : {&current, &previous}) {
    if (!name->ok()) return name->status();
  }
  for (WeightVersion& v : versions) {
    v.current = v.name == *current;
    v.previous = v.name == *previous;
    for (const auto& [label, version] : labels) {
      if (version == v.name) v.labels.push_back(label);
    }
  }
  return versions;
}

Result<std::vector<std::string>> prune_weights(const std::string& directory, size_t keep) {
  Result<FileLock> lock = lock_directory(directory);
  if (!lock.ok()) return lock.status();
  const auto versions = weight_versions(directory);
  if (!versions.ok()) return versions.status();
  const Result<std::vector<std::string>> names = names_in(directory);
  if (!names.ok()) return names.status();
  std::vector<std::string> removed;
  const auto remove = [&](const std::string& name) -> Status {
    const Result<bool> gone = remove_unused(directory + "/" + name);
    if (gone.ok() && *gone) removed.push_back(name);
    return gone.status();
  };
  for (size_t i = 0; i + keep < versions->size(); ++i) {
    const WeightVersion& v = (*versions)[i];
    if (v.current || v.previous || !v.labels.empty()) continue;
    if (Status s = remove(v.name); !s.ok()) return s;
  }
  for (const std::string& name : *names) {
    if (!is_temporary(name) && !is_orphan(directory, name)) continue;
    if (Status s = remove(name); !s.ok()) return s;
  }
  if (Status s = sync_directory(directory); !s.ok()) return s;
  return removed;
}

}  // namespace barker

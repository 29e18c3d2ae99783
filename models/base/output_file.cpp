#include "models/base/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace barker {
namespace {

// The file that a symbolic link names; otherwise the path itself.
std::string without_links(const std::string& path) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (is_stream(path)) {
    stream_ = is_standard_output(path) ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                       : open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (stream_ < 0) status_ = cannot_be_written(path_, errno);
    return;
  }
  Result<AtomicFile> file = AtomicFile::create(without_links(path));
  status_ = file.status();
  if (file.ok()) file_.emplace(std::move(*file));
}

OutputFile OutputFile::in(const std::string& directory, const std::string& name) {
  // If the directory cannot be made, the file cannot be made either, and its error says why.
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  return OutputFile(directory + "/" + name);
}

OutputFile::~OutputFile() {
  if (stream_ >= 0) ::close(stream_);
}

void OutputFile::write(std::string_view text) {
  constexpr size_t kBuffer = 1 << 18;
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

Status OutputFile::close() {
  flush();
  if (status_.ok() && file_) status_ = file_->commit();
  return status_;
}

void OutputFile::flush() {
  if (status_.ok() && file_) {
    status_ = file_->write(buffer_.data(), buffer_.size());
  } else if (status_.ok()) {
    const int error = write_all(stream_, buffer_.data(), buffer_.size());
    if (error != 0) status_ = cannot_be_written(path_, error);
  }
  buffer_.clear();
}

}  // namespace barker

// A file that is read from front to back, plain or compressed by gzip, which its magic tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "models/base/result.h"

namespace barker {

// How messages call an input: "standard input" for the path "-", and the path otherwise.
std::string input_name(const std::string& path);

// For one thread at a time.
class GzipFile {
 public:
  // The path "-" is standard input. An error names the path.
  static Result<GzipFile> open(const std::string& path);
  ~GzipFile();
  GzipFile(GzipFile&&) noexcept;
  GzipFile& operator=(GzipFile&&) noexcept;

  // Reads up to buffer.size() bytes and returns how many. 0 at the end of the file, or where it
  // cannot be read: then `error` says why.
  size_t read(std::string& buffer, std::string& error);

  const std::string& name() const { return name_; }  // the path, or "standard input"
  uint64_t bytes_read() const;                       // of the file as it is stored
  uint64_t bytes_total() const { return total_; }    // 0 where unknown (a pipe)

 private:
  struct Closer {
    void operator()(void* file) const;
  };
  GzipFile() = default;

  std::unique_ptr<void, Closer> file_;  // zlib's gzFile
  std::string name_;
  uint64_t total_ = 0;
};

}  // namespace barker

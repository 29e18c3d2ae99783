// A file that is read from front to back, plain or compressed by gzip or zstd, which its magic
// tells.
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
class InputFile {
 public:
  // The path "-" is standard input. An error names the path.
  static Result<InputFile> open(const std::string& path);
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;

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
  struct ZstdReader;
  InputFile();

  size_t read_stored(char* to, size_t size, std::string& error);

  std::unique_ptr<void, Closer> file_;  // zlib's gzFile; other files pass through unchanged
  // Made when the first bytes have zstd's magic. Then `file_` gives what this one decompresses.
  std::unique_ptr<ZstdReader> zstd_;
  bool is_started_ = false;
  std::string name_;
  uint64_t total_ = 0;
};

}  // namespace barker

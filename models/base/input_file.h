// A file that is read from front to back, plain or compressed by gzip or zstd, which its magic
// tells. Compressed parts may follow each other, as after `cat a.gz b.gz`. Anything else behind
// compressed data is an error, because it would be lost.
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
  // The path "-" is standard input. An error names the path, or the other name that is given for
  // it.
  static Result<InputFile> open(const std::string& path, const std::string& name = {});
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;

  // Reads up to buffer.size() bytes and returns how many. 0 at the end of the file, or where it
  // cannot be read: then `error` says why.
  size_t read(std::string& buffer, std::string& error);

  const std::string& name() const { return name_; }  // how messages call it
  uint64_t bytes_read() const;                       // of the file as it is stored
  uint64_t bytes_total() const { return total_; }    // 0 where unknown (a pipe)

 private:
  struct Stored;
  struct GzipReader;
  struct ZstdReader;
  InputFile();

  std::unique_ptr<Stored> stored_;
  // The first bytes tell which of these is made; none of them is for a plain file.
  std::unique_ptr<GzipReader> gzip_;
  std::unique_ptr<ZstdReader> zstd_;
  std::string name_;
  uint64_t total_ = 0;
};

}  // namespace barker

// The digest by which a file's content is known: XXH3 of 128 bits. It tells contents apart, and is
// no protection where two of one digest are made on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace barker {

struct FileDigest {
  uint64_t low = 0, high = 0;
  bool operator==(const FileDigest&) const = default;
};

std::string to_text(const FileDigest& digest);  // 32 hexadecimal digits

// The digest of bytes that come in pieces. One thread.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  void add(const void* data, size_t size);
  FileDigest digest() const;  // of what was added until now

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace barker

// A column of plain values that is first written from front to back and then read. It is kept in a
// file without a name, so that columns may be larger than memory and a crash leaves nothing behind.
// One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "models/base/result.h"

namespace barker {

class SpoolFile {
 public:
  // The file is in the directory of `beside`.
  static Result<SpoolFile> create(const std::string& beside);
  SpoolFile() = default;
  ~SpoolFile();
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;

  void append(const void* bytes, size_t size);  // an error is kept for finish()
  // Maps what was appended, until the file is destroyed. There must be no append() after it.
  Result<std::span<const std::byte>> finish();
  size_t size() const { return size_; }  // bytes appended
  // Writes what was appended, so that the file can be read by its descriptor.
  Status flush();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  int error_ = 0;
  size_t size_ = 0;
  std::string buffer_;
  const std::byte* mapped_ = nullptr;
};

template <typename T>
class Spool {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Status create(const std::string& beside) {
    Result<SpoolFile> made = SpoolFile::create(beside);
    if (made.ok()) file_ = std::move(*made);
    return made.status();
  }
  void append(const T& value) { file_.append(&value, sizeof value); }
  size_t size() const { return file_.size() / sizeof(T); }
  Status finish() {
    Result<std::span<const std::byte>> bytes = file_.finish();
    if (!bytes.ok()) return bytes.status();
    values_ = {reinterpret_cast<const T*>(bytes->data()), bytes->size() / sizeof(T)};
    return {};
  }
  std::span<const T> values() const { return values_; }  // after finish()

 private:
  SpoolFile file_;
  std::span<const T> values_;
};

}  // namespace barker

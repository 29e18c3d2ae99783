// A column of plain values that is written once from front to back and read once it is whole:
// buffered in memory, kept in a nameless file, so that columns may outgrow memory and a crash
// leaves nothing behind.
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
  // In the directory of `beside`.
  static Result<SpoolFile> create(const std::string& beside);
  SpoolFile() = default;
  ~SpoolFile();
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;

  void append(const void* bytes, size_t size);  // an error is kept for finish()
  Result<std::span<const std::byte>> finish();  // maps it; no more append
  size_t size() const { return size_; }         // bytes appended

 private:
  void flush();

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

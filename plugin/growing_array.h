// Arrays that one thread makes longer while others read what stands in them already.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace barker {

// An array that grows at its end and whose elements never move. One thread at a time may call
// push_back() and size(). Any thread may read elements meanwhile that it was told of after they
// were pushed, in a way that orders the two (a handle that was published, for example).
template <typename T>
class GrowingArray {
 public:
  T& operator[](size_t i) noexcept { return blocks_[block_of(i)][place_of(i)]; }
  const T& operator[](size_t i) const noexcept { return blocks_[block_of(i)][place_of(i)]; }

  uint32_t size() const noexcept { return size_; }

  // Throws std::bad_alloc, also where a number would no longer fit into 32 bits, and changes
  // nothing then.
  void push_back(T value) {
    const size_t block = block_of(size_);
    if (block >= kBlocks) throw std::bad_alloc();
    if (!blocks_[block]) blocks_[block] = std::make_unique<T[]>(kFirst << block);
    blocks_[block][place_of(size_)] = std::move(value);
    ++size_;
  }

  // Of memory, without what the elements lead to.
  size_t bytes() const noexcept {
    size_t elements = 0;
    for (size_t i = 0; i < kBlocks && blocks_[i]; ++i) elements += kFirst << i;
    return elements * sizeof(T);
  }

 private:
  // Each block has room for twice as many as the one before.
  static constexpr size_t kFirst = 64, kBlocks = 26;

  static size_t block_of(size_t i) noexcept {
    return static_cast<size_t>(std::bit_width((i + kFirst) / kFirst)) - 1;
  }
  static size_t place_of(size_t i) noexcept { return i + kFirst - (kFirst << block_of(i)); }

  std::array<std::unique_ptr<T[]>, kBlocks> blocks_;
  uint32_t size_ = 0;
};

}  // namespace barker

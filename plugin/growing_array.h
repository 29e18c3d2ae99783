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
  T& operator[](size_t i) noexcept {
    const Place place = place_of(i);
    return blocks_[place.block][place.at];
  }
  const T& operator[](size_t i) const noexcept {
    const Place place = place_of(i);
    return blocks_[place.block][place.at];
  }

  uint32_t size() const noexcept { return size_; }

  // Throws std::bad_alloc, also where a number would no longer fit into 32 bits, and changes
  // nothing then.
  void push_back(T value) {
    const Place place = place_of(size_);
    if (place.block >= kBlocks) throw std::bad_alloc();
    if (!blocks_[place.block]) blocks_[place.block] = std::make_unique<T[]>(place.block_size);
    blocks_[place.block][place.at] = std::move(value);
    ++size_;
  }

  // Of memory, without what the elements lead to.
  size_t bytes() const noexcept {
    if (size_ == 0) return 0;
    const Place last = place_of(size_ - 1);
    return (size_ - 1 - last.at + last.block_size) * sizeof(T);
  }

 private:
  // Four blocks have one size, and the next four twice that, so that no more than a quarter of the
  // elements stands ready for more. Element i is in the block that the three highest bits of
  // i + kFirst say.
  static constexpr size_t kFirst = 64, kBlocks = 26 * 4;
  struct Place {
    size_t block, at, block_size;
  };
  static Place place_of(size_t i) noexcept {
    const size_t number = i + kFirst;
    const auto shift = static_cast<size_t>(std::bit_width(number)) - 3;  // 4 at first
    const size_t block_size = size_t{1} << shift;
    return {(shift - 4) * 4 + (number >> shift) - 4, number & (block_size - 1), block_size};
  }

  std::array<std::unique_ptr<T[]>, kBlocks> blocks_;
  uint32_t size_ = 0;
};

}  // namespace barker

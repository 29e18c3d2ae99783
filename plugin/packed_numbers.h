// Numbers that stand in memory with the bits that the largest of them needs, and sizes with the
// bytes that each of them needs. What is written here is read on the machine that wrote it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace barker {

static_assert(std::endian::native == std::endian::little);

// Packed numbers are read eight bytes at a time, so that many bytes behind the last must be there.
inline constexpr size_t kPackedPadding = sizeof(uint64_t);

// A view of numbers that follow each other without gaps, lowest bits first.
class PackedNumbers {
 public:
  PackedNumbers() = default;  // none
  // `width`: bits of a number, at most 57, for one may begin at any bit of its first byte.
  PackedNumbers(const unsigned char* data, size_t size, uint32_t width) noexcept
      : data_(data), size_(size), width_(width), mask_((uint64_t{1} << width) - 1) {}

  size_t size() const noexcept { return size_; }
  uint64_t operator[](size_t i) const noexcept {
    const size_t bit = i * width_;
    uint64_t bits;
    std::memcpy(&bits, data_ + bit / 8, sizeof bits);
    return bits >> bit % 8 & mask_;
  }
  // The same where the width is at most 32.
  uint32_t number(size_t i) const noexcept { return static_cast<uint32_t>((*this)[i]); }

  // Asks the caches for a number. Inlined by force, for GCC 12 drops the call of a function that
  // does nothing but this.
  [[gnu::always_inline]] void prefetch(size_t i) const noexcept {
    __builtin_prefetch(data_ + i * width_ / 8);
  }

  static constexpr size_t bytes_of(size_t size, uint32_t width) noexcept {
    return (size * width + 7) / 8;
  }

 private:
  const unsigned char* data_ = nullptr;
  size_t size_ = 0;
  uint32_t width_ = 0;
  uint64_t mask_ = 0;
};

// Appends numbers that have at most `width` bits, to be read by PackedNumbers.
template <typename Number>
void append_packed(std::span<const Number> numbers, uint32_t width,
                   std::vector<unsigned char>& to) {
  const size_t begin = to.size(), bytes = PackedNumbers::bytes_of(numbers.size(), width);
  to.resize(begin + bytes + kPackedPadding);
  size_t bit = 0;
  for (const Number number : numbers) {
    unsigned char* const at = to.data() + begin + bit / 8;
    uint64_t bits;
    std::memcpy(&bits, at, sizeof bits);
    bits |= uint64_t{number} << bit % 8;
    std::memcpy(at, &bits, sizeof bits);
    bit += width;
  }
  to.resize(begin + bytes);
}

// Records of any bytes, one behind the other, which are found by their numbers. Immutable.
class PackedRecords {
 public:
  PackedRecords() = default;  // none
  // places[i]: where record i begins in `records`. One place more may say where the last one ends.
  PackedRecords(std::span<const uint64_t> places, std::span<const unsigned char> records) {
    const auto width = static_cast<uint32_t>(std::bit_width(records.size()));
    std::vector<unsigned char> packed;
    append_packed(places, width, packed);
    bytes_ = packed.size() + records.size() + kPackedPadding;
    auto data = std::make_unique<unsigned char[]>(bytes_);
    std::ranges::copy(packed, data.get());
    std::ranges::copy(records, data.get() + packed.size());
    records_ = data.get() + packed.size();
    places_ = {data.get(), places.size(), width};
    data_ = std::move(data);
  }

  const PackedNumbers& places() const noexcept { return places_; }
  const unsigned char* operator[](size_t i) const noexcept { return records_ + places_[i]; }
  // Asks the caches for the first `bytes` of a record, whose place must be at hand for that.
  [[gnu::always_inline]] void prefetch(size_t i, size_t bytes) const noexcept {
    constexpr size_t kCacheLine = 64;
    const unsigned char* const record = (*this)[i];
    for (size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(record + at);
  }
  size_t bytes() const noexcept { return bytes_; }  // of memory

 private:
  std::unique_ptr<const unsigned char[]> data_;  // the places, the records, and the padding
  const unsigned char* records_ = nullptr;
  PackedNumbers places_;
  size_t bytes_ = 0;
};

// Seven bits a byte, lowest first. The last byte of a size is below 128.
inline void append_size(uint64_t size, std::vector<unsigned char>& to) {
  for (; size >= 128; size >>= 7) to.push_back(static_cast<unsigned char>(size | 128));
  to.push_back(static_cast<unsigned char>(size));
}

// Reads what append_size() wrote, and moves `from` behind it.
inline uint64_t read_size(const unsigned char*& from) noexcept {
  uint64_t size = *from & 127;
  for (uint32_t shift = 7; *from++ >= 128; shift += 7) size |= uint64_t{*from & 127u} << shift;
  return size;
}

}  // namespace barker

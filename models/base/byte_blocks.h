// Questions about every byte of a text, asked of 16 bytes at a time. The compilers' vector types do
// it on every machine; GCC 12 makes a loop over bytes out of `c == '<' || c == '>' || ...`.
// Pure functions: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace barker {

using ByteBlock [[gnu::vector_size(16)]] = uint8_t;

// Whether `test` is true of any byte. Of a block, it returns a block whose bytes are not 0 where it
// is true. It sees some bytes twice.
template <typename Test>
bool any_byte(std::string_view bytes, Test test) {
  constexpr size_t kBlock = sizeof(ByteBlock);
  if (bytes.empty()) return false;
  const auto at = [&](size_t begin) {
    ByteBlock block;
    std::memcpy(&block, bytes.data() + begin, kBlock);
    return block;
  };
  ByteBlock found;
  if (bytes.size() < kBlock) {
    ByteBlock block = ByteBlock{} + static_cast<uint8_t>(bytes[0]);
    std::memcpy(&block, bytes.data(), bytes.size());
    found = ByteBlock(test(block));
  } else {
    found = ByteBlock(test(at(bytes.size() - kBlock)));
    for (size_t begin = 0; begin + kBlock < bytes.size(); begin += kBlock) {
      found |= ByteBlock(test(at(begin)));
    }
  }
  uint64_t halves[2];
  std::memcpy(halves, &found, kBlock);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace barker

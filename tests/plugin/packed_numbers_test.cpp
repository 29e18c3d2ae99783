#include "plugin/packed_numbers.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "plugin/growing_array.h"

namespace barker {
namespace {

TEST(PackedNumbers, AreThoseThatWerePackedInAnyWidth) {
  std::mt19937_64 random(1);
  for (uint32_t width = 0; width <= 57; ++width) {
    const uint64_t mask = (uint64_t{1} << width) - 1;
    std::vector<uint64_t> numbers = {mask, 0, mask};
    while (numbers.size() < 40) numbers.push_back(random() & mask);
    std::vector<unsigned char> bytes(random() % 9, 0xFF);  // what stands before stays
    const size_t before = bytes.size();
    append_packed(std::span<const uint64_t>(numbers), width, bytes);
    EXPECT_EQ(bytes.size(), before + PackedNumbers::bytes_of(numbers.size(), width));
    bytes.resize(bytes.size() + kPackedPadding, 0xFF);
    const PackedNumbers packed(bytes.data() + before, numbers.size(), width);
    ASSERT_EQ(packed.size(), numbers.size());
    for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(packed[i], numbers[i]) << width;
    for (size_t i = 0; i < before; ++i) EXPECT_EQ(bytes[i], 0xFF);
  }
}

TEST(PackedNumbers, KeepSizesOfAnyNumberOfBytes) {
  std::vector<uint64_t> sizes = {0, ~uint64_t{0}};
  for (uint32_t bit = 0; bit < 64; ++bit) {
    sizes.push_back(uint64_t{1} << bit);
    sizes.push_back((uint64_t{1} << bit) - 1);
  }
  std::vector<unsigned char> bytes;
  for (const uint64_t size : sizes) append_size(size, bytes);
  const unsigned char* at = bytes.data();
  for (const uint64_t size : sizes) EXPECT_EQ(read_size(at), size);
  EXPECT_EQ(at, bytes.data() + bytes.size());
}

TEST(GrowingArray, KeepsItsElementsAndTheirPlacesWhileItGrows) {
  GrowingArray<uint64_t> array;
  std::vector<const uint64_t*> places;
  for (uint64_t i = 0; i < 10'000; ++i) {
    array.push_back(i * i);
    places.push_back(&array[i]);
  }
  EXPECT_EQ(array.size(), 10'000u);
  for (uint64_t i = 0; i < 10'000; ++i) {
    EXPECT_EQ(&array[i], places[i]);
    EXPECT_EQ(array[i], i * i);
  }
  EXPECT_GE(array.bytes(), 10'000 * sizeof(uint64_t));
  EXPECT_LE(array.bytes(), 2 * 10'064 * sizeof(uint64_t));
}

}  // namespace
}  // namespace barker

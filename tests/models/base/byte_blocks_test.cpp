// Compares questions that are asked of 16 bytes at a time with a loop over bytes.
#include "models/base/byte_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "models/base/utf8.h"

namespace barker {
namespace {

TEST(AnyByte, FindsAByteWhereverItStandsAndNoneBesideTheText) {
  for (size_t size = 0; size <= 50; ++size) {
    // What stands around the text must not be looked at.
    const std::string around = "<" + std::string(size, 'a') + "<";
    const auto is_sign = [](ByteBlock block) { return block == '<'; };
    EXPECT_FALSE(any_byte(std::string_view(around).substr(1, size), is_sign)) << size;
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '<';
      EXPECT_TRUE(any_byte(text, is_sign)) << size << " " << at;
    }
  }
}

TEST(AnyByte, ComparesBytesAsNumbersFrom0To255) {
  for (int byte = 0; byte < 0x100; ++byte) {
    const std::string text = std::string(20, 'a') + static_cast<char>(byte);
    EXPECT_EQ(any_byte(text, [](ByteBlock block) { return block >= 0x7F; }), byte >= 0x7F) << byte;
    EXPECT_EQ(is_ascii(text), byte < 0x80) << byte;
  }
}

TEST(AnyByte, IsWhatALoopFindsInRandomTexts) {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 70, '\0');
    for (char& c : text) c = static_cast<char>(random() % 0x84);
    EXPECT_EQ(is_ascii(text),
              std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x80; }));
  }
}

}  // namespace
}  // namespace barker

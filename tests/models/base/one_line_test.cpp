#include "models/base/one_line.h"

#include <gtest/gtest.h>

#include <string>

namespace barker {
namespace {

TEST(OneLine, ShowsControlCharactersAsJsonWritesThem) {
  EXPECT_EQ(one_line("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(one_line("\x1b[2J\x7f"), "\\u001b[2J\\u007f");
  EXPECT_EQ(one_line(std::string("\0", 1)), "\\u0000");
  EXPECT_EQ(one_line("\xc2\x85"), "\\u0085");
  EXPECT_EQ(one_line("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");
}

TEST(OneLine, KeepsAllOtherCharacters) {
  for (const char* text : {"", "control", "对照组", "é ©", "C:\\n", "\xe2\x80\xa6"}) {
    EXPECT_EQ(one_line(text), text);
  }
  EXPECT_EQ(one_line("\xe2\x80"), "\xe2\x80") << "what is cut off is left to others";
  EXPECT_EQ(one_line("\xc2"), "\xc2");
}

}  // namespace
}  // namespace barker

#include "plugin/error_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "models/text/text.h"
#include "plugin/barker.h"

namespace barker {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kReason[] = ": check header.magic: expected \"BARKERW\", found \"not weights\"";

std::string written(const std::string& text) {
  char error[BARKER_ERROR_SIZE + 1];
  error[BARKER_ERROR_SIZE] = '#';
  set_error(error, text);
  EXPECT_EQ(error[BARKER_ERROR_SIZE], '#') << "wrote beyond the buffer";
  return error;
}

TEST(ErrorText, LeavesAShortTextAsItIs) {
  EXPECT_EQ(written("path: expected one"), "path: expected one");
  EXPECT_EQ(written(std::string(255, 'a')), std::string(255, 'a'));
  EXPECT_EQ(written(""), "");
  set_error(nullptr, "nobody wants it");
}

TEST(ErrorText, ShortensALongPathAndKeepsTheReason) {
  const std::string path = "/srv/" + std::string(246, 'p') + ".end";
  const std::string text = written(path + kReason);
  EXPECT_EQ(text.size(), 255u);
  EXPECT_THAT(text, StartsWith("/srv/ppp"));
  EXPECT_THAT(text, HasSubstr("…"));
  EXPECT_THAT(text, EndsWith(std::string("ppp.end").append(kReason)));
}

TEST(ErrorText, ShortensALongValueAndKeepsWhatWasExpected) {
  const std::string text = written("configuration: line 3: window: expected an integer, found \"" +
                                   std::string(70'000, 'x') + "\"");
  EXPECT_THAT(text, StartsWith("configuration: line 3: window: expected an integer, found \"xx"));
  EXPECT_THAT(text, EndsWith("xx\""));
}

TEST(ErrorText, KeepsTheEndWhereTwoPartsAreLong) {
  const std::string path(300, 'p');
  EXPECT_THAT(written(path + ": " + path + kReason), EndsWith(kReason));
}

TEST(ErrorText, CutsBetweenCharacters) {
  for (size_t shift = 0; shift < 4; ++shift) {
    std::string path(shift, 'a');
    for (int i = 0; i < 80; ++i) path += "\xF0\x9F\x90\xB6";  // a dog of four bytes
    const std::string text = written(path + kReason);
    EXPECT_EQ(text, sanitize_utf8(text));
    EXPECT_THAT(text, Not(HasSubstr("?")));
    EXPECT_THAT(text, EndsWith(kReason));
  }
}

TEST(ErrorText, ReplacesWhatIsNoTextByteByByte) {
  EXPECT_EQ(written("/a\xFF\xC3/b\n\x1B[1m: no such file"), "/a\?\?/b\?\?[1m: no such file");
  EXPECT_EQ(written(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(written("\xED\xA0\x80 \xC0\x80 \xC2\x9B \xF4\x90\x80\x80"),
            "\?\?\? \?\? \?\? \?\?\?\?");
  EXPECT_EQ(written("é 水 🐶"), "é 水 🐶");
}

TEST(ErrorText, SurvivesAnyBytesOfAnyLength) {
  uint32_t state = 1;
  for (size_t size = 0; size < 1200; ++size) {
    std::string text(size, '\0');
    for (char& c : text) {
      state = state * 1664525 + 1013904223;
      c = size % 3 == 0 ? static_cast<char>(0x80 | (state >> 26)) : static_cast<char>(state >> 24);
    }
    const std::string result = written(text);
    EXPECT_LE(result.size(), 255u);
    EXPECT_EQ(result, sanitize_utf8(result));
  }
}

}  // namespace
}  // namespace barker

#include "models/base/toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string value(const std::string& toml) {
  const auto table = parse_toml(toml);
  EXPECT_TRUE(table.ok()) << toml << ": " << table.status().message();
  return table.ok() ? (*table)["a"].value_or(std::string("?")) : "";
}

std::string problem(const std::string& toml) {
  const auto table = parse_toml(toml);
  EXPECT_FALSE(table.ok()) << toml;
  return table.status().message();
}

TEST(TomlText, GivesBackEveryLetterOfAString) {
  EXPECT_EQ(value("a = \"补水保湿\" # 补水"), "补水保湿");
  EXPECT_EQ(value("a = '~ 100~E6 ~~'"), "~ 100~E6 ~~");
  EXPECT_EQ(value("a = \"\"\"\n第一 \\\n   行\n\"\"\""), "第一 行\n");
  EXPECT_EQ(value("a = \"\\u8865é\""), "补é");
  EXPECT_EQ(value("\xEF\xBB\xBF"
                  "a = 'after a byte order mark'"),
            "after a byte order mark");
  const auto nested = parse_toml("[[x]]\ny = [['é'], {z = '补'}]");
  ASSERT_TRUE(nested.ok());
  EXPECT_EQ(nested->at_path("x[0].y[0][0]").value_or(std::string()), "é");
  EXPECT_EQ(nested->at_path("x[0].y[1].z").value_or(std::string()), "补");
}

TEST(TomlText, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(problem("a = 1\n补 = 2"), HasSubstr("line 2: "));
  EXPECT_THAT(problem("a = 1\n补 = 2"), HasSubstr("only ASCII may stand"));
  EXPECT_THAT(problem("a = 1\n\"补\" = 2"), HasSubstr("line 2: expected ASCII keys"));
  EXPECT_THAT(problem("a = 'x\xff'"), HasSubstr("line 1: expected UTF-8"));
  EXPECT_THAT(problem("a = \"\\u007e41\""), HasSubstr("write ~ itself"));
  EXPECT_THAT(problem("a = \"\\U0000007E41\""), HasSubstr("write ~ itself"));
  EXPECT_THAT(problem("\n\na = 1\na = 2"), HasSubstr("line 4: "));
}

// These led toml++ itself into undefined behaviour, or would nest its tables deeper than a stack.
TEST(TomlText, RefusesWhatTheLibraryCannotTake) {
  problem("off = 8777=8\"\"67-\x2d-----\xcd\xa1\x5e\x5e---)\"{");
  problem("\xf0\xa0\x80\x80 = 1");
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  EXPECT_THAT(problem(dots + " = 1"), HasSubstr("dots"));
  EXPECT_THAT(problem("[" + dots + "]"), HasSubstr("dots"));
  dots.resize(2 * kMaxTomlDots - 1);
  EXPECT_TRUE(parse_toml(dots + " = 1").ok());
  problem("a = " + std::string(100'000, '['));
  std::string inline_tables;
  for (int i = 0; i < 100'000; ++i) inline_tables += "{a=";
  problem("a = " + inline_tables);
}

// `levels` times "{a.a.a = [", each on a line of its own, with `dots` dots.
std::string nested(size_t levels, size_t dots) {
  std::string keys = "a", begin = "a = [", end = "]";
  for (size_t i = 0; i < dots; ++i) keys += ".a";
  for (size_t i = 0; i < levels; ++i) {
    begin += "\n{" + keys + " = [";
    end = "]}" + end;
  }
  return begin + "\n" + end;
}

TEST(TomlText, LimitsLevelsHoweverManyLinesTheyTake) {
  EXPECT_THAT(problem(nested(100, kMaxTomlDots)), HasSubstr("nested value depth"));
  EXPECT_TRUE(parse_toml(nested(7, kMaxTomlDots)).ok());
}

TEST(TomlText, RefusesMalformedTextThatTheLibraryAssertsNotToMeet) {
  for (const char* malformed : {"f=[}", "[:", "[\x7f", "a = [1,}", "[[:]]", "=", "a.=1"}) {
    EXPECT_FALSE(parse_toml(malformed).ok()) << malformed;
  }
}

}  // namespace
}  // namespace barker

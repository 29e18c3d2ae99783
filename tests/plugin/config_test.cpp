#include "plugin/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string error_of(const char* toml) {
  const auto config = parse_config(toml);
  return config.ok() ? "" : config.status().message();
}

TEST(ParseConfig, TakesDefaultsForAnEmptyText) {
  const auto config = parse_config("");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->window, 50u);
  EXPECT_EQ(config->choose.count, 2u);
  EXPECT_EQ(config->title.open, "<em>");
}

TEST(ParseConfig, TakesEveryKey) {
  const auto config = parse_config(
      "enabled = false\nisa = \"avx2\"\nwindow = 7\n[order]\nbid = 2\npctr = 0.5\nfirst_pass = 0\n"
      "[selling_points]\ncount = 3\nminimum_score = 0.2\nmaximum_cosine = 0.5\nduplicates = "
      "\"promote\"\n"
      "[title]\nformat = \"plain\"\nopen = \"[\"\nclose = \"]\"\nseparator = \" | \"\nmax_width = "
      "40\nellipsis = \"...\"\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_FALSE(config->enabled);
  EXPECT_EQ(config->order.bid, 2);
  EXPECT_EQ(config->choose.duplicates, Duplicates::kPromote);
  EXPECT_EQ(config->title.open, "[");
  EXPECT_EQ(config->title.max_width, 40u);
}

TEST(ParseConfig, NamesKeyAndLineOfWhatIsWrong) {
  EXPECT_THAT(error_of("\nwindw = 3"), HasSubstr("line 2: windw: no such key"));
  EXPECT_THAT(error_of("[title]\ncolour = 1"), HasSubstr("title.colour: no such key"));
  EXPECT_THAT(error_of("[nonsense]\na = 1"), HasSubstr("nonsense"));
  EXPECT_THAT(error_of("window = \"many\""), HasSubstr("line 1: window: expected an integer"));
  EXPECT_THAT(error_of("window = -1"), HasSubstr("found -1"));
  EXPECT_THAT(error_of("[selling_points]\ncount = 4"), HasSubstr("from 0 to 3, found 4"));
  EXPECT_THAT(error_of("[order]\nbid = nan"), HasSubstr("order.bid"));
  EXPECT_THAT(error_of("[title]\nformat = \"pdf\""), HasSubstr("html, ansi or plain"));
  EXPECT_THAT(error_of("a = = 1"), HasSubstr("line 1"));
}

TEST(Config, NamesWhatWasExpectedOfAChoice) {
  EXPECT_EQ(parse_config("numbers = \"screened\"")->numbers, Numbers::kScreened);
  EXPECT_EQ(parse_config("memory = \"copied\"")->load.storage, Storage::kCopied);
  EXPECT_NE(
      parse_config("numbers = \"int4\"").status().message().find("file, exact, fast, screened"),
      std::string::npos);
  EXPECT_NE(parse_config("memory = \"disk\"").status().message().find("disk"), std::string::npos);
}

TEST(Config, TurnsTheMinimumScoreIntoALogit) {
  EXPECT_EQ(parse_config("")->choose.minimum_logit, -INFINITY);
  EXPECT_FLOAT_EQ(parse_config("[selling_points]\nminimum_score = 0.5")->choose.minimum_logit, 0);
  EXPECT_EQ(parse_config("[selling_points]\nminimum_score = 1")->choose.minimum_logit, INFINITY);
}

}  // namespace
}  // namespace barker

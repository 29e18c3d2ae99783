#include "index/catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "index/profiles/profiles.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(const char* line) {
  const auto ad = parse_ad(line, nullptr);
  return ad.ok() ? "" : ad.status().message();
}

TEST(ParseAd, DecodesEntitiesOnceInEveryText) {
  const auto ad = parse_ad(
      R"({"id":"a","title":"Salt &amp;amp; Pepper","selling_points":["A&amp;B"],"attributes":{"x":"&lt;"}})",
      nullptr);
  ASSERT_TRUE(ad.ok()) << ad.status().message();
  EXPECT_EQ(ad->title, "Salt &amp; Pepper");
  EXPECT_EQ(ad->selling_points[0], "A&B");
  EXPECT_EQ(ad->attributes[0].second, "<");
}

TEST(ParseAd, SaysWhatIsWrong) {
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(error_of(R"({"title":"t"})"), HasSubstr("id: missing"));
  EXPECT_THAT(error_of(R"({"id":5,"title":"t"})"),
              HasSubstr("id: expected a string, found number"));
  EXPECT_THAT(error_of(R"({"id":"a"})"), HasSubstr("title: missing"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","bid":-1})"),
              HasSubstr("bid: expected a number from 0 to 1e12, found -1"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","bid":"much"})"),
              HasSubstr("bid: expected a number, found string"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","selling_points":"x"})"),
              HasSubstr("selling_points: expected an array"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","opt_out":1})"), HasSubstr("opt_out"));
}

std::string ad_line(const std::string& rest) { return R"({"id":"a","title":"t",)" + rest + "}"; }

TEST(ParseAd, AcceptsExactlyTheSizesThatThePluginAccepts) {
  const auto quoted = [](size_t size) { return '"' + std::string(size, 'x') + '"'; };
  const auto points = [](size_t count) {
    std::string list = "\"x\"";
    for (size_t i = 1; i < count; ++i) list += ",\"x\"";
    return ad_line("\"selling_points\":[" + list + "]");
  };
  EXPECT_EQ(error_of(points(kMostSellingPoints).c_str()), "");
  EXPECT_EQ(error_of(points(kMostSellingPoints + 1).c_str()),
            "selling_points: expected at most 1024, found 1025");
  for (const char* field : {"title", "merchant", "category"}) {
    const std::string name = '"' + std::string(field) + "\":";
    EXPECT_EQ(error_of(ad_line(name + quoted(kLongestText)).c_str()), "") << field;
    EXPECT_EQ(error_of(ad_line(name + quoted(kLongestText + 1)).c_str()),
              field + std::string(": expected at most 65536 bytes, found 65537"));
  }
  EXPECT_THAT(error_of(ad_line("\"selling_points\":[" + quoted(kLongestText + 1) + "]").c_str()),
              HasSubstr("selling_points: expected at most 65536 bytes"));
  EXPECT_EQ(error_of(ad_line("\"description\":" + quoted(1 << 20)).c_str()), "")
      << "a description is not sent to the plugin";
}

// With quadratic work this would take hours.
TEST(ParseAd, ReadsALineOfAMillionKeys) {
  std::string keys = "\"bid\":2";
  for (int i = 0; i < 1'000'000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  const auto ad = parse_ad(ad_line(keys), nullptr);
  ASSERT_TRUE(ad.ok());
  EXPECT_EQ(ad->bid, 2);
}

TEST(ReadProfiles, ReadsALineOfAMillionKeys) {
  const std::string path = temporary_path("profiles.jsonl");
  std::ofstream out(path);
  out << R"({"user":"anna","groups":{"profile":["gender=f"]})";
  for (int i = 0; i < 1'000'000; ++i) out << ",\"k" << i << "\":1";
  out << "}\n";
  out.close();
  BadLines bad;
  const auto profiles = read_profiles(path, bad);
  ASSERT_TRUE(profiles.ok());
  EXPECT_EQ(profiles->at("anna").groups.size(), 1u);
}

TEST(ReadCatalogue, AccountsForEveryLine) {
  const std::string path = temporary_path("c.jsonl");
  std::ofstream(path) << R"({"id":"a","title":"one"})"
                      << "\n\n{broken\n"
                      << R"({"id":"a","title":"again"})"
                      << "\n"
                      << "{\"id\":\"b\",\"title\":\"bad \xFF utf\"}\n";
  BadLines bad;
  const auto catalogue = read_catalogue(path, bad);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(catalogue->lines, catalogue->ads.size() + bad.count());
  EXPECT_EQ(catalogue->ads.size(), 2u);
  EXPECT_EQ(catalogue->invalid_utf8, 1u);
  EXPECT_THAT(bad.report(path), HasSubstr(":4: id: \"a\" stands on an earlier line"));
}

}  // namespace
}  // namespace barker

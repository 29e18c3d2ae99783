#include "index/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "index/mine_selling_points.h"
#include "tests/models/random_model.h"

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
              HasSubstr("bid: expected a finite number >= 0, found -1"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","bid":"much"})"),
              HasSubstr("bid: expected a number, found string"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","selling_points":"x"})"),
              HasSubstr("selling_points: expected an array"));
  EXPECT_THAT(error_of(R"({"id":"a","title":"t","opt_out":1})"), HasSubstr("opt_out"));
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

TEST(MineSellingPoints, FindsWhatIsFrequentYetNotUniversal) {
  std::vector<CatalogueAd> ads(20);
  for (size_t i = 0; i < ads.size(); ++i) {
    ads[i].category = "shoes";
    ads[i].title =
        "Leather boot" + std::string(i % 3 == 0 ? " memory foam" : "") + (i == 0 ? " unique" : "");
  }
  ads[1].selling_points = {"given"};
  mine_selling_points(ads);
  EXPECT_THAT(ads[0].selling_points, Contains("memory foam"));
  EXPECT_THAT(ads[0].selling_points, Not(Contains("leather")));
  EXPECT_THAT(ads[0].selling_points, Not(Contains("unique")));
  EXPECT_EQ(ads[1].selling_points, std::vector<std::string>{"given"});
  EXPECT_TRUE(ads[2].selling_points.empty()) << "a selling point must be true of the product";
}

TEST(MineSellingPoints, NeverClaimsWhatTheTextDenies) {
  std::vector<CatalogueAd> ads(20);
  for (size_t i = 0; i < ads.size(); ++i) {
    ads[i].category = "tents";
    ads[i].title = i < 7 ? "Tent, not waterproof" : "Tent";
    if (i < 7) ads[i].attributes = {{"floor", "yes"}, {"frame", "aluminium"}};
  }
  mine_selling_points(ads);
  EXPECT_THAT(ads[0].selling_points, Contains("aluminium"));
  EXPECT_THAT(ads[0].selling_points, Not(Contains("waterproof")));
  EXPECT_THAT(ads[0].selling_points, Not(Contains("yes")));
}

}  // namespace
}  // namespace barker

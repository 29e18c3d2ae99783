#include "models/data/title_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

class TitleTests : public ::testing::Test {
 protected:
  ~TitleTests() override { std::remove(path_.c_str()); }
  Result<std::vector<TestedTitle>> read(const std::string& text, const TitleColumns& columns = {}) {
    std::ofstream(path_) << text;
    return read_title_tests(path_, columns, bad_);
  }
  const std::string path_ = temporary_path("tests");
  BadLines bad_;
};

TEST_F(TitleTests, AreReadFromJsonLines) {
  const auto titles = read(
      R"({"test": "t", "time": 7, "group": "g", "title": "保湿 cream", "impressions": 90, "clicks": 3})"
      "\n\n"
      R"({"test": "t", "time": 7, "title": "b", "impressions": 1, "clicks": 0, "more": []})");
  ASSERT_TRUE(titles.ok()) << titles.status().message();
  ASSERT_EQ(titles->size(), 2u);
  EXPECT_EQ((*titles)[0].title, "保湿 cream");
  EXPECT_EQ((*titles)[0].group, "g");
  EXPECT_EQ((*titles)[0].time, 7);
  EXPECT_EQ((*titles)[0].impressions, 90);
  EXPECT_EQ((*titles)[0].clicks, 3);
  EXPECT_EQ((*titles)[1].group, "");
  EXPECT_EQ(bad_.count(), 0u);
}

TEST_F(TitleTests, AreReadFromATableWhoseColumnsHaveOtherNamesAndWhoseQuotesAreText) {
  TitleColumns columns;
  columns.test = "id";
  columns.title = "headline";
  const auto titles =
      read("clicks\tid\timpressions\theadline\ttime\n2\tt\t50\t\"Stop\t9\n", columns);
  ASSERT_TRUE(titles.ok()) << titles.status().message();
  ASSERT_EQ(titles->size(), 1u);
  EXPECT_EQ((*titles)[0].title, "\"Stop");
  EXPECT_EQ((*titles)[0].clicks, 2);
  EXPECT_EQ((*titles)[0].impressions, 50);
  EXPECT_EQ((*titles)[0].time, 9);
}

TEST_F(TitleTests, ReportEachLineThatIsNone) {
  const std::string good = R"({"test":"t","time":1,"title":"a","impressions":5,"clicks":1})";
  const auto titles =
      read(good + "\n{\"test\":\"t\"}\n[1]\n" +
           R"({"test":"t","time":1,"title":"a","impressions":5,"clicks":6})" + "\n" +
           R"({"test":"t","time":1,"title":"a","impressions":-5,"clicks":-6})" + "\n" +
           R"({"test":"t","time":1,"title":"","impressions":5,"clicks":1})" + "\n" +
           R"({"test":"t","time":1.5,"title":"a","impressions":5,"clicks":1})");
  ASSERT_TRUE(titles.ok());
  EXPECT_EQ(titles->size(), 1u);
  ASSERT_EQ(bad_.count(), 6u);
  EXPECT_EQ(bad_.first()[0].line, 2u);
  EXPECT_EQ(bad_.first()[0].reason, "title: missing");
  EXPECT_EQ(bad_.first()[1].reason, "expected a JSON object");
  EXPECT_EQ(bad_.first()[2].reason, "clicks: expected at most the 5 impressions, found 6");
  EXPECT_EQ(bad_.first()[3].reason, "impressions: expected a count, found -5");
  EXPECT_EQ(bad_.first()[4].reason, "title: expected a title, found nothing");
  EXPECT_THAT(bad_.first()[5].reason, HasSubstr("time: expected an integer"));
}

TEST_F(TitleTests, AreRefusedWhereATableLacksAColumnOrNothingCanBeRead) {
  const auto lacking = read("test\ttime\ttitle\timpressions\nt\t1\ta\t5\n");
  ASSERT_FALSE(lacking.ok());
  EXPECT_THAT(lacking.status().message(), HasSubstr("expected a column \"clicks\""));
  const auto nothing = read("test\ttime\ttitle\timpressions\tclicks\nt\tnow\ta\t5\t1\n");
  ASSERT_FALSE(nothing.ok());
  EXPECT_THAT(nothing.status().message(), HasSubstr("time: expected an integer, found \"now\""));
  const auto missing = read_title_tests(path_ + ".none", {}, bad_);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), Code::kNotFound);
}

TEST(TitlePairs, AreDifferentTitlesOfOneTestAndGroupWithEnoughImpressions) {
  const std::vector<TestedTitle> titles = {{"t", "g", "a", 3, 600, 1}, {"t", "g", "b", 3, 600, 1},
                                           {"t", "h", "c", 3, 600, 1}, {"t", "g", "a", 3, 600, 1},
                                           {"t", "g", "d", 3, 499, 1}, {"u", "g", "e", 4, 600, 1},
                                           {"u", "g", "f", 4, 600, 1}};
  const std::vector<TitlePair> pairs = pairs_of(titles, {});
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].first, 0u);
  EXPECT_EQ(pairs[0].second, 1u);
  EXPECT_EQ(pairs[1].first, 1u);
  EXPECT_EQ(pairs[1].second, 3u);
  EXPECT_EQ(pairs[2].first, 5u);
  EXPECT_EQ(pairs[0].test, pairs[1].test);
  EXPECT_NE(pairs[0].test, pairs[2].test);
}

TEST(TitlePairs, AreOfTheTimesOfTheRule) {
  std::vector<TestedTitle> titles;
  for (int64_t time = 0; time < 6; ++time) {
    for (const char* title : {"a", "b"}) {
      titles.push_back({"t" + std::to_string(time), "", title, time, 600, 1});
    }
  }
  PairRule rule;
  rule.from = 1;
  rule.before = 5;
  rule.left_out = {*parse_time_range("2..3")};
  const std::vector<TitlePair> pairs = pairs_of(titles, rule);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(titles[pairs[0].first].time, 1);
  EXPECT_EQ(titles[pairs[1].first].time, 4);
  for (const char* wrong : {"", "3", "3..", "..3", "4..3", "a..b"}) {
    EXPECT_FALSE(parse_time_range(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace barker

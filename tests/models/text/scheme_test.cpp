#include "models/text/scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "models/text/keywords.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const std::string kRebuild = "make it again";

// The record with its line that begins with `name` replaced.
std::string with_line(const std::string& name, const std::string& line) {
  std::string record = keyword_scheme_record();
  const size_t begin = record.find(name), end = record.find('\n', begin);
  return record.replace(begin, end - begin, line);
}

TEST(KeywordScheme, AcceptsItsOwnRecord) {
  EXPECT_TRUE(check_keyword_scheme(keyword_scheme_record(), kRebuild).ok());
}

TEST(KeywordScheme, RefusesAFileWithoutARecordAndSaysHowToRebuildIt) {
  const Status status = check_keyword_scheme("", kRebuild);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("expected 2, found none"));
  EXPECT_THAT(status.message(), HasSubstr(kRebuild));
}

TEST(KeywordScheme, RefusesAnotherNumberAndAnotherDigest) {
  EXPECT_THAT(
      check_keyword_scheme(with_line("keyword scheme", "keyword scheme 1"), kRebuild).message(),
      HasSubstr("expected 2, found 1"));
  EXPECT_THAT(
      check_keyword_scheme(with_line("digest", "digest 0123456789abcdef"), kRebuild).message(),
      HasSubstr("found 0123456789abcdef"));
}

TEST(KeywordScheme, AcceptsAnotherIcuThatSplitsTheGoldenTextsAlike) {
  EXPECT_TRUE(check_keyword_scheme(with_line("icu", "icu 99.1"), kRebuild).ok());
}

TEST(KeywordScheme, RefusesAnotherIcuThatSplitsAGoldenTextOtherwise) {
  std::string record = with_line("icu", "icu 99.1");
  const std::string text = "防水雨傘 大號 免運費";
  const size_t begin = record.find(text + '\t');
  ASSERT_NE(begin, std::string::npos);
  const size_t keywords = begin + text.size() + 1;
  record.replace(keywords, record.find('\n', keywords) - keywords, "防水雨傘|");
  const Status status = check_keyword_scheme(record, kRebuild);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("splits \"" + text + "\""));
  EXPECT_THAT(status.message(), HasSubstr("ICU 99.1 split it into \"防水雨傘|\""));
}

TEST(KeywordScheme, RefusesADamagedRecord) {
  const std::string& record = keyword_scheme_record();
  EXPECT_THAT(check_keyword_scheme(record.substr(0, record.size() / 2), kRebuild).message(),
              HasSubstr("is cut"));
  EXPECT_THAT(check_keyword_scheme(record.substr(0, record.find("icu ") + 4), kRebuild).message(),
              HasSubstr("is cut"));
  EXPECT_THAT(check_keyword_scheme("no record", kRebuild).message(),
              HasSubstr("expected 2, found none"));
}

TEST(KeywordScheme, RefusesARecordThatLacksAnyOfTheGoldenSplits) {
  const std::string whole = with_line("icu", "icu 99.1");
  ASSERT_TRUE(check_keyword_scheme(whole, kRebuild).ok());
  int cuts = 0;
  for (size_t tab = whole.find('\t'); tab != std::string::npos; tab = whole.find('\t', tab + 1)) {
    const size_t begin = whole.rfind('\n', tab) + 1, end = whole.find('\n', tab) + 1;
    const Status cut = check_keyword_scheme(whole.substr(0, begin), kRebuild);
    const Status without =
        check_keyword_scheme(std::string(whole).erase(begin, end - begin), kRebuild);
    EXPECT_THAT(cut.message(), HasSubstr("lacks \"" + whole.substr(begin, tab - begin) + '"'));
    EXPECT_EQ(without.message(), cut.message());
    ++cuts;
  }
  EXPECT_EQ(cuts, 8) << "one for each golden split";
}

TEST(KeywordScheme, HasAGoldenSplitForEachScriptThatNeedsADictionary) {
  const std::string& record = keyword_scheme_record();
  EXPECT_EQ(std::ranges::count(record, '\t'), 8);
  for (const char* word :
       {"|50毫升|", "|雨傘|", "|日本語|", "\tรองเท้า|", "|ទឹក|", "\tເກີບ|", "\tရေစို|"}) {
    EXPECT_THAT(record, HasSubstr(word));
  }
}

TEST(KeywordScheme, HasTheEndsOfClausesInItsGoldenSplits) {
  EXPECT_THAT(keyword_scheme_record(), HasSubstr("|品||面|"));
}

}  // namespace
}  // namespace barker

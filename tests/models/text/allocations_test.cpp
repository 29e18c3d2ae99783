// What cleaning, measuring and splitting take from the allocator once a thread's buffers have
// grown.
#include "tests/models/text/allocations.h"

#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/locid.h>

#include <memory>
#include <vector>

#include "models/text/columns.h"
#include "models/text/keywords.h"
#include "models/text/text.h"

namespace barker {
namespace {

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_count_allocations()) GTEST_SKIP() << "the sanitizer brings its own allocator";
  }

  // Of `body`, after it ran once and grew its buffers.
  template <typename Body>
  static size_t once_warm(Body body) {
    body();
    return allocations_in(body);
  }
};

const std::vector<std::string> kAnyScript = {"Running shoes, 50ml & wi-fi",
                                             "补水保湿面膜 <b> 正品 T恤",
                                             "ภาษาไทย กำ",
                                             "हिन्दी क्ष",
                                             "Größe ÉTÉ naïve ﬁne Ｆｕｌｌ",
                                             "👩‍🚀 🇩🇪 1️⃣ 👍🏽",
                                             "evil\u202Etxt zero\u200Bwidth \x1b[31m",
                                             "broken \xFF\xE8\xA1 text"};
const std::vector<std::string> kWithSpacesBetweenWords = {"Running shoes, 50ml & wi-fi",
                                                          "Größe ÉTÉ naïve ﬁne Ｆｕｌｌ wi-fi",
                                                          "Привет большой мир",
                                                          "العربية السعودية",
                                                          "Ωμέγα τρία",
                                                          "한국어 제목",
                                                          "broken \xFF\xE8\xA1 text"};

// Without this the others would prove nothing.
TEST_F(Allocations, AreCountedInOurCodeAndInIcu) {
  EXPECT_GT(allocations_in([] { const std::string text(100, 'x'); }), 0u);
  EXPECT_GT(allocations_in([] {
              UErrorCode code = U_ZERO_ERROR;
              const std::unique_ptr<icu::BreakIterator> made(
                  icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
            }),
            0u);
}

TEST_F(Allocations, AreNoneWhereTextIsCleanedMeasuredAndEscaped) {
  std::string clean, escaped;
  for (const std::string& text : kAnyScript) {
    uint64_t columns = 0;
    EXPECT_EQ(once_warm([&] {
                clean.clear();
                escaped.clear();
                append_visible(text, clean, nullptr);
                append_html_escaped(clean, escaped);
                columns = display_width(clean);
              }),
              0u)
        << text;
    EXPECT_GT(columns, 0u);
  }
}

TEST_F(Allocations, AreNoneWhereWordsAreFoundWithoutADictionary) {
  const KeywordSplitter splitter({"wi-fi 50ml", "big world"});
  std::vector<Fingerprint> found;
  for (const std::string& text : kWithSpacesBetweenWords) {
    EXPECT_EQ(once_warm([&] {
                found.clear();
                splitter.split(text, found);
              }),
              0u)
        << text;
    ASSERT_FALSE(found.empty()) << text;
    std::pair<size_t, size_t> place;
    EXPECT_EQ(once_warm([&] { place = splitter.find(text, found.back()); }), 0u) << text;
    EXPECT_LT(place.first, place.second) << text;
  }
}

TEST_F(Allocations, AreNoneWhereAKeywordIsNamed) {
  for (const std::string& text : kAnyScript) {
    Fingerprint found = 0;
    EXPECT_EQ(once_warm([&] { found = keyword_fingerprint(text); }), 0u) << text;
    EXPECT_NE(found, 0u);
  }
}

}  // namespace
}  // namespace barker

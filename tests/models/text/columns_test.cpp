#include "models/text/columns.h"

#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <memory>
#include <vector>

#include "models/text/text.h"
#include "tests/models/text/hostile_texts.h"
#include "tests/models/text/random_text.h"

namespace barker {
namespace {

std::vector<size_t> ends_of_clusters(std::string_view text) {
  std::vector<size_t> ends;
  size_t begin = 0;
  for (ClusterReader reader(text); reader.next();) {
    EXPECT_EQ(reader.cluster().begin, begin) << text;
    begin = reader.cluster().end;
    ends.push_back(begin);
  }
  return ends;
}

std::vector<size_t> ends_by_icu(std::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaker(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), code));
  UText* utext = utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &code);
  breaker->setText(utext, code);
  EXPECT_TRUE(U_SUCCESS(code));
  std::vector<size_t> ends;
  breaker->first();
  for (int32_t end = breaker->next(); end != icu::BreakIterator::DONE; end = breaker->next()) {
    ends.push_back(static_cast<size_t>(end));
  }
  utext_close(utext);
  return ends;
}

TEST(ClusterReader, FindsTheClustersThatIcuFinds) {
  std::vector<std::string> texts = hostile_texts();
  std::mt19937 random(3);
  for (int i = 0; i < 5000; ++i) texts.push_back(random_text(random, 12));
  for (const std::string& text : texts) {
    const std::string valid = sanitize_utf8(text);
    ASSERT_EQ(ends_of_clusters(valid), ends_by_icu(valid)) << valid;
  }
}

TEST(ClusterReader, CoversInvalidTextToo) {
  for (const std::string text : {"\xFF", "a\xE8\xA1", "\xF0\x9F\x9A", "\xED\xA0\x80x"}) {
    EXPECT_EQ(ends_of_clusters(text).back(), text.size());
  }
  EXPECT_TRUE(ends_of_clusters("").empty());
}

struct Case {
  const char* text;
  uint64_t columns;
};

TEST(DisplayWidth, CountsWideLettersDouble) {
  for (const Case& c : std::vector<Case>{{"", 0},
                                         {"plain text", 10},
                                         {"补水ab", 6},
                                         {"Ｆｕｌｌ", 8},
                                         {"カタカナ", 8},
                                         {"한국어", 6},
                                         {"é…—·", 4}}) {  // ambiguous ones are narrow
    EXPECT_EQ(display_width(c.text), c.columns) << c.text;
  }
}

TEST(DisplayWidth, CountsEveryVisiblePartOfAClusterOfLetters) {
  for (const Case& c : std::vector<Case>{{"ｶﾞ", 2},   // half-width, voiced
                                         {"ﾊﾟｯ", 3},  // and half voiced
                                         {"กำ", 2},   // Thai: sara am stands apart
                                         {"น้ำ", 2},   // under a tone mark, too
                                         {"ที่", 1},    // vowel and tone stand above
                                         {"का", 2},   // Devanagari: the vowel sign aa
                                         {"\u1112\u1161\u11ab", 2},   // Korean, letter by letter
                                         {"e\u0301", 1},              // an accent
                                         {"Z\u0351\u036B\u0343", 1},  // many of them
                                         {"\u0301", 1},               // an accent on nothing
                                         {"\u0600\u0661", 2}}) {      // an Arabic number sign
    EXPECT_EQ(display_width(c.text), c.columns) << c.text;
  }
}

TEST(DisplayWidth, CountsAnEmojiAsOnePictureOfTwoColumns) {
  for (const char* emoji : {"😀",
                            "🚀",
                            "⌚",
                            "🇩🇪",
                            "🇨🇳",
                            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
                            "🏴",
                            "1️⃣",
                            "#️⃣",
                            "❤️",
                            "☎️",
                            "©️",
                            "👍🏽",
                            "☝🏽",
                            "☝️🏽",
                            "👩‍🚀",
                            "👩🏽‍🚀",
                            "👨‍👩‍👧‍👦",
                            "👩‍❤️‍💋‍👨",
                            "🧑🏽‍❤️‍🧑🏽",
                            "❤️‍🔥",
                            "❤‍🔥",
                            "🏳️‍🌈",
                            "🏳‍🌈",
                            "⛹‍♂",
                            "⛹️‍♀️",
                            "🐈‍⬛"}) {
    EXPECT_EQ(display_width(emoji), 2u) << emoji;
    EXPECT_EQ(display_width(visible(emoji)), 2u) << emoji;
    EXPECT_EQ(display_width(std::string("a") + emoji + emoji + "b"), 6u) << emoji;
    EXPECT_EQ(ends_of_clusters(emoji).size(), 1u) << emoji;
  }
}

TEST(DisplayWidth, CountsTextPresentationAndPartsOfEmoji) {
  for (const Case& c : std::vector<Case>{{"❤", 1},  // text unless a selector makes it a picture
                                         {"❤︎", 1},
                                         {"☎", 1},
                                         {"1⃣", 1},  // a keycap drawn as text
                                         {"🇩", 1},  // half a flag
                                         {"🇩🇪🇨", 3},
                                         {"🏽", 2},  // a skin tone on nothing
                                         {"a🏽", 3},
                                         {"👍\u200D", 2}}) {
    EXPECT_EQ(display_width(c.text), c.columns) << c.text;
  }
}

// A title is put together from cleaned parts, each measured alone.
TEST(DisplayWidth, OfCleanedPartsTogetherIsNeverMoreThanTheirSum) {
  std::mt19937 random(4);
  for (int i = 0; i < 20000; ++i) {
    const std::string left = visible(random_text(random, 5)),
                      right = visible(random_text(random, 5));
    ASSERT_LE(display_width(left + right), display_width(left) + display_width(right))
        << left << " + " << right;
  }
}

}  // namespace
}  // namespace barker

#include "models/text/text.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/models/text/clean_text.h"
#include "tests/models/text/hostile_texts.h"
#include "tests/models/text/random_text.h"
#include "tests/models/text/slow_text.h"

namespace barker {
namespace {

TEST(SanitizeUtf8, LeavesValidTextAlone) {
  uint64_t replaced = 0;
  EXPECT_EQ(sanitize_utf8("plain, 补水保湿, é, 😀", &replaced), "plain, 补水保湿, é, 😀");
  EXPECT_EQ(replaced, 0u);
}

TEST(SanitizeUtf8, ReplacesAndCountsInvalidSequences) {
  uint64_t replaced = 0;
  EXPECT_EQ(sanitize_utf8("a\xFF"
                          "b\xE8\xA1",
                          &replaced),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(replaced, 2u);
}

TEST(SanitizeUtf8, IsIdempotentOnRandomBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string once = sanitize_utf8(bytes);
    uint64_t replaced = 0;
    EXPECT_EQ(sanitize_utf8(once, &replaced), once);
    EXPECT_EQ(replaced, 0u);
  }
}

TEST(DecodeHtmlEntities, DecodesOnceAndOnlyOnce) {
  EXPECT_EQ(decode_html_entities("Salt &amp; Pepper"), "Salt & Pepper");
  EXPECT_EQ(decode_html_entities("&amp;quot;"), "&quot;");
  EXPECT_EQ(decode_html_entities("5&#39; &#x2122; &eacute;&trade;"), "5' ™ é™");
}

TEST(DecodeHtmlEntities, LeavesWhatIsNoReference) {
  for (const char* text :
       {"AT&T", "&unknown;", "a & b", "&", "&;", "&#;", "&#xZZ;", "fish&chips; more"}) {
    EXPECT_EQ(decode_html_entities(text), text);
  }
}

TEST(DecodeHtmlEntities, KnowsTheNamesOfHtmlWithOneAndWithTwoCharacters) {
  EXPECT_EQ(decode_html_entities("&CounterClockwiseContourIntegral;&NotEqualTilde;&fjlig;"),
            "∳≂̸fj");
  EXPECT_EQ(decode_html_entities("&check; &starf; &hearts; &zwnj;"), "✓ ★ ♥ \xE2\x80\x8C");
}

TEST(DecodeHtmlEntities, ReadsNumbersOfWindows1252AsBrowsersDo) {
  EXPECT_EQ(decode_html_entities("&#128;&#x99; &#145;a&#146; &#150;&#159;"), "€™ ‘a’ –Ÿ");
  EXPECT_EQ(decode_html_entities("&#129;&#x9D;"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "empty places";
}

TEST(DecodeHtmlEntities, MissesASemicolonWhereHtmlAllowsIt) {
  EXPECT_EQ(decode_html_entities("&copy 2024 &eacute, &#8364 5&#x20AC"), "© 2024 é, € 5€");
  for (const char* text : {"arts&sections", "?a=1&copy=2", "&check 1", "size &#5 here"}) {
    EXPECT_EQ(decode_html_entities(text), text);
  }
}

TEST(DecodeHtmlEntities, NeverMakesControlCharactersOrSurrogates) {
  for (const char* text : {"&#0;", "&#7;", "&#xD800;", "&#x110000;", "&#99999999999;"}) {
    EXPECT_EQ(decode_html_entities(text), "\xEF\xBF\xBD") << text;
  }
}

TEST(Visible, KeepsEveryLetterAndWholeEmoji) {
  for (const char* text :
       {"plain", "补水保湿面膜", "crème brûlée", "हिन्दी ไทย 한국어",
        "👨‍👩‍👧‍👦",  // a family
        "🧑🏽‍🚀 👩‍❤️‍💋‍👨 🏳️‍🌈 🐈‍⬛", "👍🏽",
        "❤️ ❤︎ ☎️ ©️", "1️⃣ #️⃣ *️⃣", "🇩🇪 🇨🇳",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴", "100% 补水 👩‍🚀"}) {
    EXPECT_EQ(visible(text), text);
    EXPECT_EQ(what_is_unclean(text), "") << text;
  }
}

TEST(Visible, DropsEachHiddenCharacterBetweenLetters) {
  for (const char* hidden :
       {"\u00AD",     "\u034F",     "\u061C",     "\u115F",     "\u1160",    "\u17B4",
        "\u17B5",     "\u180B",     "\u180E",     "\u180F",     "\u200B",    "\u200C",
        "\u200D",     "\u200E",     "\u200F",     "\u202E",     "\u2060",    "\u2065",
        "\u2069",     "\u206F",     "\u3164",     "\uFE00",     "\uFE0E",    "\uFE0F",
        "\uFEFF",     "\uFFA0",     "\uFFF0",     "\uFFF9",     "\uFFFB",    "\U0001BCA0",
        "\U0001D173", "\U000E0001", "\U000E0041", "\U000E007F", "\U000E0100"}) {
    const std::string word = std::string("wat") + hidden + "erproof";
    EXPECT_EQ(visible(word), "waterproof") << what_is_unclean(word);
    EXPECT_NE(what_is_unclean(word), "");
    EXPECT_EQ(visible(std::string(hidden) + hidden), "") << what_is_unclean(word);
    EXPECT_EQ(visible(std::string("신발") + hidden), "신발") << what_is_unclean(word);
  }
}

TEST(Visible, MakesSpacesOfWhateverEndsALine) {
  EXPECT_EQ(visible("kettle\u2028steel\u2029one\u0085two\rthree\nfour"),
            "kettle steel one two three four");
}

TEST(Visible, KeepsInvisibleCharactersThatAreSpelling) {
  for (const char* text : {
           "کتاب\u200Cهای",                      // Persian: parts a suffix
           "آزاد\u200Cسازی",                     // also behind a letter that joins nothing
           "ه\u200D",                            // an abbreviation
           "क्\u200Dष",                           // Hindi: a half letter
           "क्\u200Cष",                           // and a visible virama
           "র\u200D\u09CDয",                     // Bengali
           "ශ\u0DCA\u200Dරී",                     // Sinhala
           "葛\U000E0100飾区", "逸\uFE00",       // shapes of Han
           "\u1820\u180B", "\u1828\u180E\u1820"  // and of Mongolian
       }) {
    EXPECT_EQ(visible(text), text);
    EXPECT_EQ(what_is_unclean(text), "") << text;
  }
}

TEST(Visible, DropsThemWhereTheyAreNot) {
  EXPECT_EQ(visible("کتاب\u200C"), "کتاب");
  EXPECT_EQ(visible("\u200Cکتاب \u200Dx"), "کتاب x");
  EXPECT_EQ(visible("کتاب\u200Cx"), "کتابx");
  EXPECT_EQ(visible("कष\u200Cक"), "कषक");
  EXPECT_EQ(visible("葛\U000E0100\U000E0101"), "葛\U000E0100");
  EXPECT_EQ(visible("あ\U000E0100"), "あ");
  EXPECT_EQ(visible("葛\u180B"), "葛");
  EXPECT_EQ(visible("کتاب\u200B\u200Cهای"), "کتابهای");
}

TEST(Visible, KeepsWhatBuildsEmojiOnlyWhereItBuildsOne) {
  EXPECT_EQ(visible("👩\u200D"), "👩");
  EXPECT_EQ(visible("👩\u200Dx"), "👩x");
  EXPECT_EQ(visible("x\u200D👩"), "x👩");
  EXPECT_EQ(visible("👩\u200D\u200D🚀"), "👩🚀");
  EXPECT_EQ(visible("👩\u200B\u200D🚀"), "👩🚀");
  EXPECT_EQ(visible("a\uFE0F\u200D👩"), "a👩");
  EXPECT_EQ(visible("❤\uFE0F\uFE0F"), "❤\uFE0F");
  EXPECT_EQ(visible("1\uFE0F2"), "12");
  EXPECT_EQ(visible("🏴x\U000E0067\U000E0062"), "🏴x");
  EXPECT_EQ(visible("\U000E0067\U000E0062"), "");
}

TEST(Visible, IsCleanAndStaysAsItIsWhateverComes) {
  std::vector<std::string> texts = hostile_texts();
  const char* parts[] = {"a",      "1",      "补",     "👩",          "🏴",       "🏽",
                         "\u200D", "\uFE0F", "\uFE0E", "\U000E0067", "\U000E007F", "\u20E3",
                         "\u200B", "\x01",   "\xFF",   "🚀",          "🇩",          "\u200C",
                         "ب",      "ا",      "क",      "\u094D",     "葛",         "\uFE00",
                         "\u180E", "\u1820", "\u2028"};
  std::mt19937 random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string& text = texts.emplace_back();
    for (int n = 0; n < 8; ++n) text += parts[random() % std::size(parts)];
  }
  for (const std::string& text : texts) {
    const std::string once = visible(text);
    EXPECT_EQ(what_is_unclean(once), "") << text;
    EXPECT_EQ(visible(once), once) << text;
  }
}

void expect_as_the_slow_way(const std::string& text) {
  uint64_t expected = 0, found = 0;
  ASSERT_EQ(sanitize_utf8(text, &found), slow_sanitize_utf8(text, &expected)) << text;
  ASSERT_EQ(found, expected) << text;
  expected = found = 0;
  std::string out = "already there ";
  append_visible(text, out, &found);
  ASSERT_EQ(out, "already there " + slow_visible(text, &expected)) << text;
  ASSERT_EQ(found, expected) << text;
  out = "already there ";
  append_html_escaped(text, out);
  ASSERT_EQ(out, "already there " + slow_html_escaped(text)) << text;
}

TEST(Cleaning, IsWhatTheSlowWayMakesOfRandomAndHostileTexts) {
  for (const std::string& text : hostile_texts()) expect_as_the_slow_way(text);
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) expect_as_the_slow_way(random_text(random, 12));
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    expect_as_the_slow_way(bytes);
  }
}

TEST(Cleaning, IsWhatTheSlowWayMakesOfEveryCharacterBetweenOthers) {
  std::string text;
  for (UChar32 c = 0; c <= 0x10FFFF; ++c) {
    if (U_IS_SURROGATE(c)) continue;
    icu::UnicodeString(c).toUTF8String(text);
    if (c % 64 != 0) continue;
    expect_as_the_slow_way(text);
    text = c % 128 ? "a" : "补👩";
  }
}

}  // namespace
}  // namespace barker

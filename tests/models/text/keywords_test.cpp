#include "models/text/keywords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/models/text/hostile_texts.h"
#include "tests/models/text/random_text.h"
#include "tests/models/text/slow_keywords.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const KeywordSplitter& splitter, std::string_view text) {
  std::vector<std::string> out;
  for (const Keyword& keyword : splitter.split(text)) out.push_back(keyword.text);
  return out;
}

TEST(KeywordSplitter, FoldsCaseAndDropsPunctuation) {
  EXPECT_THAT(texts(KeywordSplitter(), "Trail-ready SHOES, (Black)!"),
              ElementsAre("trail-ready", "shoes", "black"));
}

TEST(KeywordSplitter, KeepsModelNumbersAndQuantitiesWhole) {
  EXPECT_THAT(texts(KeywordSplitter(), "50ml Wi-Fi WH-1000XM4 3.5mm l'Oreal H&M"),
              ElementsAre("50ml", "wi-fi", "wh-1000xm4", "3.5mm", "l'oreal", "h&m"));
}

TEST(KeywordSplitter, KeepsLatinLettersWithTheirHanWord) {
  EXPECT_THAT(texts(KeywordSplitter(), "纯棉T恤 V领"), ::testing::IsSupersetOf({"t恤", "v领"}));
}

TEST(KeywordSplitter, SplitsChineseByDictionary) {
  EXPECT_THAT(texts(KeywordSplitter(), "不锈钢运动鞋"), ::testing::Contains("不锈钢"));
}

TEST(KeywordSplitter, FoldsFullWidthForms) {
  EXPECT_THAT(texts(KeywordSplitter(), "ＡＢＣ１２３"), ElementsAre("abc123"));
}

TEST(KeywordSplitter, KeepsPhrasesWholeByLongestMatch) {
  const KeywordSplitter splitter(
      {"Free Shipping", "free shipping worldwide", "补水保湿", "single"});
  EXPECT_THAT(texts(splitter, "FREE  shipping today"), ElementsAre("free shipping", "today"));
  EXPECT_THAT(texts(splitter, "free shipping worldwide"), ElementsAre("free shipping worldwide"));
  EXPECT_THAT(texts(splitter, "free delivery"), ElementsAre("free", "delivery"));
  EXPECT_THAT(texts(splitter, "面膜补水保湿"), ::testing::Contains("补水保湿"));
}

TEST(KeywordSplitter, ComposesNoPhraseAcrossTheEndOfAClause) {
  const KeywordSplitter splitter({"free shipping", "补水保湿"});
  EXPECT_THAT(texts(splitter, "Gluten free. Shipping scale"),
              ElementsAre("gluten", "free", "shipping", "scale"));
  EXPECT_THAT(texts(splitter, "Sugar free (shipping) scale"),
              ElementsAre("sugar", "free", "shipping", "scale"));
  EXPECT_THAT(texts(splitter, "free-shipping"), ElementsAre("free-shipping"));
  EXPECT_THAT(texts(splitter, "free\u2011shipping \"free\" shipping"),
              ElementsAre("free shipping", "free shipping"));
  EXPECT_THAT(texts(splitter, "补水。保湿"), ElementsAre("补", "水", "保", "湿"));
}

TEST(KeywordSplitter, GivesTheSameKeywordsWhateverTheOrderOfItsPhrases) {
  const std::vector<std::string> phrases = {"补水 保湿", "补水保湿", "free shipping"};
  const std::vector<std::string> reversed(phrases.rbegin(), phrases.rend());
  EXPECT_EQ(texts(KeywordSplitter(phrases), "补水保湿 free shipping"),
            texts(KeywordSplitter(reversed), "补水保湿 free shipping"));
}

TEST(SplitWords, SaysWhereClausesEnd) {
  std::vector<Fingerprint> words;
  split_words("Gluten free. Shipping, (scale)!", words);
  EXPECT_THAT(words, ElementsAre(fingerprint("gluten"), fingerprint("free"), kClauseBoundary,
                                 fingerprint("shipping"), kClauseBoundary, fingerprint("scale")));
}

TEST(SplitWords, GivesTheSameWordsWithTheirPlaces) {
  std::mt19937 random(12);
  for (int trial = 0; trial < 2000; ++trial) {
    const std::string text = random_text(random, 12);
    std::vector<Fingerprint> words, placed;
    split_words(text, words);
    const std::vector<Keyword> keywords = KeywordSplitter().split(text);
    const std::vector<TextWord> places = split_words(text);
    ASSERT_EQ(places.size(), keywords.size()) << '"' << text << '"';
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i].begins_clause && i > 0) placed.push_back(kClauseBoundary);
      placed.push_back(places[i].fingerprint);
      ASSERT_EQ(std::pair(places[i].begin, places[i].end),
                std::pair(keywords[i].begin, keywords[i].end));
    }
    ASSERT_EQ(placed, words) << '"' << text << '"';
  }
}

TEST(KeywordSplitter, SplitsTheTitleOfItsReadme) {
  EXPECT_THAT(texts(KeywordSplitter({"free shipping", "补水保湿"}),
                    "FREE  Shipping! 补水保湿面膜 T恤 ５０ml"),
              ElementsAre("free shipping", "补水保湿", "面", "膜", "t恤", "50ml"));
}

TEST(KeywordSplitter, FindsNothingInNothing) {
  for (const char* text : {"", "   ", "!!! --- ...", "😀"}) {
    EXPECT_THAT(texts(KeywordSplitter(), text), IsEmpty()) << text;
  }
}

TEST(KeywordSplitter, CountsInvalidUtf8AndGoesOn) {
  uint64_t replaced = 0;
  EXPECT_EQ(KeywordSplitter().split("good\xFF word", &replaced).size(), 2u);
  EXPECT_EQ(replaced, 1u);
}

TEST(KeywordSplitter, GivesTheSameFingerprintsByBothWays) {
  const KeywordSplitter splitter({"free shipping"});
  std::vector<Fingerprint> prints;
  splitter.split("Free shipping 补水 T恤", prints);
  std::vector<Fingerprint> expected;
  for (const Keyword& k : splitter.split("Free shipping 补水 T恤")) {
    expected.push_back(k.fingerprint);
    EXPECT_EQ(k.fingerprint, fingerprint(k.text));
  }
  EXPECT_EQ(prints, expected);
}

TEST(KeywordSplitter, OffsetsNameTheBytesAKeywordCameFrom) {
  const std::string text = "The ＦＲＥＥ shipping, 补水";
  for (const Keyword& k : KeywordSplitter({"free shipping"}).split(text)) {
    ASSERT_LE(k.begin, k.end);
    ASSERT_LE(k.end, text.size());
    EXPECT_EQ(normalize_keyword(text.substr(k.begin, k.end - k.begin)), k.text);
  }
}

TEST(KeywordSplitter, OffsetsCoverAllOfACharacterThatBecameSeveral) {
  const std::string text = "a \uFDFA b";  // one character, four words
  const std::vector<Keyword> keywords = KeywordSplitter().split(text);
  ASSERT_EQ(keywords.size(), 6u);
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(keywords[i].begin, 2u);
    EXPECT_EQ(keywords[i].end, 5u);
  }
  EXPECT_EQ(text.substr(keywords[5].begin, keywords[5].end - keywords[5].begin), "b");
}

// Quadratic offsets would take minutes here and run into the test's time limit.
TEST(KeywordSplitter, FindsOffsetsInLongTextsWithoutStartingOver) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "Wörd ";
  const std::vector<Keyword> keywords = KeywordSplitter().split(text);
  ASSERT_EQ(keywords.size(), 100'000u);
  EXPECT_EQ(keywords.back().end, text.size() - 1);
}

TEST(KeywordSplitter, SurvivesRandomBytesAndKeepsOffsetsInOrder) {
  std::mt19937 random(7);
  const KeywordSplitter splitter({"a b", "补水保湿"});
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    size_t last = 0;
    for (const Keyword& k : splitter.split(bytes)) {
      EXPECT_GE(k.begin, last);
      EXPECT_FALSE(k.text.empty());
      last = k.end;
    }
  }
}

TEST(KeywordSplitter, SplitsOnManyThreadsAtOnce) {
  const KeywordSplitter splitter({"free shipping"});
  // ICU loads its dictionaries once, behind locks that ThreadSanitizer cannot see. Loading them before
  // the threads start tells it the order.
  splitter.split("补水保湿面膜");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        EXPECT_EQ(splitter.split("free shipping 补水保湿面膜 shoes").front().text, "free shipping");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Fingerprint, OfAFeatureIsThatOfItsWrittenForm) {
  EXPECT_EQ(feature_fingerprint("profile", "gender=f"), fingerprint("profile=gender=f"));
}

TEST(NormalizeKeyword, IsIdempotent) {
  for (const char* text : {"  Free   SHIPPING ", "ＡＢＣ", "Straße", "补水 保湿"}) {
    const std::string once = normalize_keyword(text);
    EXPECT_EQ(normalize_keyword(once), once);
  }
}

// Compares every function that finds keywords with the slow way.
void expect_as_the_slow_way(const KeywordSplitter& splitter, const SlowSplitter& slow,
                            const std::string& text) {
  const std::vector<std::string> expected = slow.split(text);
  const std::vector<Keyword> keywords = splitter.split(text);
  ASSERT_EQ(texts(splitter, text), expected) << '"' << text << '"';
  std::vector<Fingerprint> found;
  splitter.split(text, found);
  ASSERT_EQ(found.size(), keywords.size()) << '"' << text << '"';
  for (size_t i = 0; i < keywords.size(); ++i) {
    ASSERT_EQ(found[i], keywords[i].fingerprint) << '"' << text << '"';
    ASSERT_EQ(found[i], fingerprint(keywords[i].text)) << '"' << text << '"';
    const size_t first = static_cast<size_t>(std::ranges::find(found, found[i]) - found.begin());
    ASSERT_EQ(splitter.find(text, found[i]), std::pair(keywords[first].begin, keywords[first].end))
        << '"' << text << '"';
  }
  ASSERT_EQ(splitter.find(text, fingerprint("is in no text")), std::pair(size_t{0}, size_t{0}));
  ASSERT_EQ(normalize_keyword(text), SlowSplitter::normalize(text)) << '"' << text << '"';
  ASSERT_EQ(keyword_fingerprint(text), fingerprint(normalize_keyword(text))) << '"' << text << '"';
}

// Weights are trained with the fingerprints of one function and serve with those of another: all of
// them must find the same keywords, in every script.
class SameKeywords : public testing::Test {
 protected:
  const std::vector<std::string> phrases_ = {"free shipping",   "Wi-Fi 50 ml", "wi-fi 6",
                                             "3.5mm jack",      "补水保湿",    "正品 补水",
                                             "日本語 カタカナ", "ภาษา ไทย",    "single"};
  const KeywordSplitter splitter_{phrases_};
  const SlowSplitter slow_{phrases_};
};

TEST_F(SameKeywords, AreFoundInRandomAndHostileTextsOfManyScripts) {
  for (const std::string& text : hostile_texts()) expect_as_the_slow_way(splitter_, slow_, text);
  std::mt19937 random(6);
  for (int i = 0; i < 10000; ++i) {
    expect_as_the_slow_way(splitter_, slow_, random_text(random, 12));
  }
}

TEST_F(SameKeywords, AreFoundInAsciiWhereNoLibraryIsAsked) {
  for (char a = 0; a >= 0 && a < 127; ++a) {
    const std::string middle(1, a);
    for (const std::string& text :
         {middle, middle + "x", "1" + middle, "x" + middle + "y", "1" + middle + "2"}) {
      expect_as_the_slow_way(splitter_, slow_, text);
    }
  }
  std::mt19937 random(8);
  const std::string alphabet =
      "aAbZz019  .,;:'_-&@\"/\t\n+%#()\0\x7f"
      "free shipping wi-fi 6 3.5mm jack";
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text;
    for (size_t i = 0, size = random() % 14; i < size; ++i) {
      if (random() % 12 == 0) {
        text += random() % 2 ? "free shipping" : "wi-fi 6";
      } else {
        text += alphabet[random() % alphabet.size()];
      }
    }
    expect_as_the_slow_way(splitter_, slow_, text);
  }
}

TEST(KeywordFingerprint, IsOfTheNormalFormInAnyScript) {
  for (const std::string text :
       {"", " ", "补水保湿", "Ｆｕｌｌ　Ｗｉｄｔｈ", "T恤", "t恤", " Straße ", "ﬁne",
        "a\xff"
        "b",
        "é", "e\u0301", "\u3000x", "x\u00a0y", "補水 保湿", "补水\u200b保湿", "补\u0085水",
        "补\u2028水", "补\u2029", "\u1680补"}) {
    EXPECT_EQ(keyword_fingerprint(text), fingerprint(normalize_keyword(text))) << text;
  }
  EXPECT_EQ(keyword_fingerprint(std::string(1000, 'A')), fingerprint(std::string(1000, 'a')));
}

}  // namespace
}  // namespace barker

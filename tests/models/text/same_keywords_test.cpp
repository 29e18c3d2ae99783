// The fast functions that find keywords beside a slow and plain one.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/text/keywords.h"
#include "tests/models/text/hostile_texts.h"
#include "tests/models/text/random_text.h"
#include "tests/models/text/slow_keywords.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

// Compares every function that finds keywords with the slow way.
void expect_as_the_slow_way(const KeywordSplitter& splitter, const SlowSplitter& slow,
                            const std::string& text) {
  const std::vector<std::string> expected = slow.split(text);
  const std::vector<Keyword> keywords = splitter.split(text);
  std::vector<std::string> texts;
  for (const Keyword& keyword : keywords) texts.push_back(keyword.text);
  ASSERT_EQ(texts, expected) << '"' << text << '"';
  std::vector<Fingerprint> found;
  splitter.split(text, found);
  ASSERT_EQ(found.size(), keywords.size()) << '"' << text << '"';
  for (size_t i = 0; i < keywords.size(); ++i) {
    ASSERT_EQ(found[i], keywords[i].fingerprint) << '"' << text << '"';
    ASSERT_EQ(found[i], fingerprint(keywords[i].text)) << '"' << text << '"';
    ASSERT_EQ(found[i], keyword_fingerprint(keywords[i].text)) << '"' << text << '"';
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
  for (int i = 0; i < repetitions(10'000); ++i) {
    expect_as_the_slow_way(splitter_, slow_, random_text(random, 12));
  }
}

TEST_F(SameKeywords, AreFoundAmongSignsNumbersAndUnits) {
  const char* const parts[] = {
      "1",    "2.5", "50",     "1/2", "½",  "⅟",      "²",      "x",  "×",       "a",  "Å",
      "™",    "®",   "w",      "v",   "hp", "1 ",     "’",      "´",  "`",       "‑",  "–",
      "−",    "-",   "&",      "+",   "#",  ".",      ",",      "/",  ":",       "@",  "_",
      " ",    " ",   "\u00a0", "\n",  "ml", "V",      "kg",     "in", "m",       "A",  "мл",
      "毫升", "片",  "面膜",   "개",  "c",  "js",     "com",    "dr", "martens", "צה", "״",
      "׳",    "l",   "·",      "٣",   "٫",  "\u0301", "\uFE0F", "⁄",  "(",       "恤", "ไทย"};
  std::mt19937 random(9);
  for (int i = 0; i < repetitions(20'000); ++i) {
    std::string text;
    for (size_t k = 0, size = random() % 9; k < size; ++k)
      text += parts[random() % std::size(parts)];
    expect_as_the_slow_way(splitter_, slow_, text);
    const std::string form = normalize_keyword(text);
    ASSERT_EQ(normalize_keyword(form), form) << text;
  }
}

TEST_F(SameKeywords, AreFoundInAsciiWhereNoLibraryIsAsked) {
  for (char a = 0; a < 127; ++a) {
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
  for (int trial = 0; trial < repetitions(20'000); ++trial) {
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

}  // namespace
}  // namespace barker

#include "models/text/phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<Fingerprint>;

Words compose(const PhraseTable& table, const Words& words) {
  Words keywords(words.size());
  keywords.resize(table.compose(words, keywords.data()));
  return keywords;
}

TEST(PhraseTable, ComposesTheLongestPhraseFromLeftToRight) {
  PhraseTable table;
  EXPECT_TRUE(table.add(Words{1, 2}, 100));
  EXPECT_TRUE(table.add(Words{1, 2, 3, 4}, 101));
  EXPECT_TRUE(table.add(Words{2, 3}, 102));
  EXPECT_THAT(compose(table, {1, 2, 3, 4}), ElementsAre(101));
  EXPECT_THAT(compose(table, {1, 2, 3, 5}), ElementsAre(100, 3, 5));
  EXPECT_THAT(compose(table, {5, 2, 3, 1}), ElementsAre(5, 102, 1));
}

TEST(PhraseTable, ComposesNothingAcrossABoundary) {
  PhraseTable table;
  table.add(Words{1, 2}, 100);
  EXPECT_THAT(compose(table, {1, kClauseBoundary, 2}), ElementsAre(1, 2));
  EXPECT_THAT(compose(table, {0, 1, 2, 0, 0, 1, 0}), ElementsAre(100, 1));
  EXPECT_THAT(compose(table, {0, 0}), IsEmpty());
}

TEST(PhraseTable, RefusesWhatCanBeNoPhrase) {
  PhraseTable table;
  EXPECT_FALSE(table.add({}, 100));
  EXPECT_FALSE(table.add(Words{1}, 100));
  EXPECT_FALSE(table.add(Words{1, kClauseBoundary, 2}, 100));
  EXPECT_FALSE(table.add(Words(kMaxPhraseWords + 1, 1), 100));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(table.add(Words(kMaxPhraseWords, 1), 100));
  EXPECT_FALSE(table.add(Words(kMaxPhraseWords, 1), 101));
  EXPECT_EQ(table.size(), 1u);
  EXPECT_THAT(compose(table, Words(kMaxPhraseWords + 1, 1)), ElementsAre(100, 1));
}

// Tries every phrase at every word.
Words compose_slowly(const std::map<Words, Fingerprint>& phrases, const Words& words) {
  Words keywords;
  for (size_t at = 0; at < words.size();) {
    size_t longest = 1;
    Fingerprint keyword = words[at];
    for (const auto& [phrase, of_phrase] : phrases) {
      if (phrase.size() <= longest || phrase.size() > words.size() - at) continue;
      if (!std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<long>(at)))
        continue;
      longest = phrase.size();
      keyword = of_phrase;
    }
    if (keyword != kClauseBoundary) keywords.push_back(keyword);
    at += longest;
  }
  return keywords;
}

Words random_words(std::mt19937_64& random, size_t most, uint64_t alphabet, bool with_boundaries) {
  Words words(random() % (most + 1));
  for (Fingerprint& word : words) {
    // High and low bits alone, so that words fall into the same slots of the table.
    word = (random() % alphabet + !with_boundaries) << (random() % 2 ? 40 : 0);
  }
  return words;
}

TEST(PhraseTable, ComposesAsTryingEveryPhraseDoes) {
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 400; ++trial) {
    const uint64_t alphabet = 2 + random() % 6;
    PhraseTable table;
    std::map<Words, Fingerprint> phrases;
    for (uint64_t i = 0, count = random() % 200; i < count; ++i) {
      const Words words = random_words(random, 6, alphabet, random() % 4 == 0);
      const bool is_phrase = words.size() > 1 && std::ranges::count(words, kClauseBoundary) == 0;
      const bool is_new = is_phrase && phrases.emplace(words, 1'000'000 + i).second;
      ASSERT_EQ(table.add(words, 1'000'000 + i), is_new);
    }
    for (int text = 0; text < 50; ++text) {
      Words words = random_words(random, 30, alphabet, true);
      const Words expected = compose_slowly(phrases, words);
      ASSERT_EQ(compose(table, words), expected);
      words.resize(table.compose(words, words.data()));  // in place
      ASSERT_EQ(words, expected);
    }
  }
}

}  // namespace
}  // namespace barker

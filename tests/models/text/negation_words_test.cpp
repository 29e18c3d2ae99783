#include "models/text/negation_words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "models/text/keywords.h"

namespace barker {
namespace {

template <typename List>
void expect_normal_and_once(const List& list) {
  std::set<std::string_view> seen;
  for (const std::string_view word : list) {
    EXPECT_EQ(normalize_keyword(word), word) << "this word is never found";
    EXPECT_EQ(word.find('\''), std::string_view::npos) << word;
    EXPECT_TRUE(seen.insert(word).second) << word;
  }
}

TEST(NegationWords, AreInNormalFormAndStandOnceEach) {
  expect_normal_and_once(kDenyingWords);
  expect_normal_and_once(kDenyingWordsBehind);
  expect_normal_and_once(kDenyingCharacters);
  expect_normal_and_once(kHarmlessWords);
  expect_normal_and_once(kDenyingPhrases);
  expect_normal_and_once(kDenyingPhrasesBehind);
  expect_normal_and_once(kMereNo);
  std::set<std::pair<std::string_view, std::string_view>> pairs;
  for (const auto& pair : kDenyingPairs) {
    EXPECT_EQ(normalize_keyword(pair.first), pair.first);
    EXPECT_EQ(normalize_keyword(pair.second), pair.second);
    EXPECT_TRUE(pairs.insert(pair).second) << pair.first;
  }
}

}  // namespace
}  // namespace barker

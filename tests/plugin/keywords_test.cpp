// The extension barker.keywords/1, as a host meets it.
#include "models/text/keywords.h"

#include <gmock/gmock.h>

#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const barker_keywords& keywords() {
  return *static_cast<const barker_keywords*>(api().get_extension(BARKER_EXT_KEYWORDS));
}

TEST(Keywords, GivesTheWordsOfATextWithBoundariesAndTheirBytes) {
  const std::string text = "Gluten FREE. 保湿 (50ml)";
  std::vector<barker_word> words(text.size());
  uint64_t count = 0;
  char error[BARKER_ERROR_SIZE] = "";
  ASSERT_EQ(keywords().split(view(text), words.data(), words.size(), &count, error), BARKER_OK)
      << error;
  words.resize(count);
  std::vector<uint64_t> fingerprints, expected;
  std::vector<std::string> bytes;
  for (const barker_word& word : words) {
    fingerprints.push_back(word.fingerprint);
    bytes.push_back(text.substr(word.begin, word.end - word.begin));
  }
  split_words(text, expected);
  EXPECT_EQ(fingerprints, expected);
  ASSERT_GE(bytes.size(), 5u);
  EXPECT_EQ(bytes.front(), "Gluten");
  EXPECT_EQ(bytes[1], "FREE");
  EXPECT_EQ(bytes[2], ". ");
  EXPECT_EQ(words[2].fingerprint, 0u);
  EXPECT_EQ(bytes.back(), "50ml");
  EXPECT_EQ(keywords().scheme, kKeywordScheme);
}

TEST(Keywords, SaysHowMuchRoomIsNeeded) {
  uint64_t count = 7;
  char error[BARKER_ERROR_SIZE] = "";
  const std::string text = "one two, three";
  EXPECT_EQ(keywords().split(view(text), nullptr, 0, &count, error), BARKER_E_TOO_SMALL);
  EXPECT_EQ(count, 4u);
  barker_word words[4] = {};
  EXPECT_EQ(keywords().split(view(text), words, 3, &count, error), BARKER_E_TOO_SMALL);
  EXPECT_EQ(words[0].end, 0u) << "nothing is written";
  EXPECT_EQ(keywords().split(view(text), words, 4, &count, error), BARKER_OK);
  EXPECT_EQ(keywords().split({nullptr, 0}, nullptr, 0, &count, error), BARKER_OK);
  EXPECT_EQ(count, 0u);
}

TEST(Keywords, AreAtMostAsManyAsBytes) {
  char error[BARKER_ERROR_SIZE] = "";
  for (const std::string text : {"a,b", "a", "a,b,c,d", "1.a.2", "防,水", "c++.c#"}) {
    std::vector<barker_word> words(text.size());
    uint64_t count = 0;
    EXPECT_EQ(keywords().split(view(text), words.data(), words.size(), &count, error), BARKER_OK)
        << text;
  }
}

TEST(Keywords, RefusesWhatItCannotRead) {
  uint64_t count = 7;
  char error[BARKER_ERROR_SIZE] = "";
  const std::string long_text(BARKER_MAX_TEXT_SIZE + 1, 'a');
  EXPECT_EQ(keywords().split(view(long_text), nullptr, 0, &count, error),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error, HasSubstr("text.size: expected at most 65536, found 65537"));
  EXPECT_EQ(count, 0u);
  count = 7;
  EXPECT_EQ(keywords().split({nullptr, 5}, nullptr, 0, &count, error), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(count, 0u);
  count = 7;
  EXPECT_EQ(keywords().split({}, nullptr, 5, &count, error), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(keywords().split({}, nullptr, 0, nullptr, error), BARKER_E_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace barker

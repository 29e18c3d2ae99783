#include "models/text.h"

#include <gtest/gtest.h>

#include <random>

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

TEST(DecodeHtmlEntities, NeverMakesControlCharactersOrSurrogates) {
  for (const char* text : {"&#0;", "&#7;", "&#xD800;", "&#x110000;", "&#99999999999;"}) {
    EXPECT_EQ(decode_html_entities(text), "\xEF\xBF\xBD") << text;
  }
}

}  // namespace
}  // namespace barker

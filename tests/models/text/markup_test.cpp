#include "models/text/markup.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

TEST(DropHtmlTags, JoinsAroundInlineTagsAndSeparatesAroundBlocks) {
  EXPECT_EQ(drop_html_tags("<b>Red</b> shoe"), "Red shoe");
  EXPECT_EQ(drop_html_tags("water<i>proof</i>"), "waterproof");
  EXPECT_EQ(drop_html_tags("Red<br/>shoe<BR>new"), "Red shoe new");
  EXPECT_EQ(drop_html_tags("<ul> <li>one</li>\n<li>two</li></ul>"), "one two");
}

TEST(DropHtmlTags, DropsScriptsStylesAndCommentsWithTheirContent) {
  EXPECT_EQ(drop_html_tags("a<script>if (x < 1) alert('</b>')</script>b"), "a b");
  EXPECT_EQ(drop_html_tags("a <!-- <b> --> b"), "a b");
  EXPECT_EQ(drop_html_tags("a<style>p{}"), "a");
  EXPECT_EQ(drop_html_tags("<![CDATA[Red & blue]]>"), "Red & blue");
}

TEST(DropHtmlTags, LosesOnlyTheTagOfAHiddenElementWithoutAnEnd) {
  EXPECT_EQ(drop_html_tags("<Math> workbook"), "workbook");
  EXPECT_EQ(drop_html_tags("Notion <Template> pack"), "Notion pack");
  EXPECT_EQ(drop_html_tags("Card <Object> of <object> desire"), "Card of desire");
  EXPECT_EQ(drop_html_tags("a <math>1</math> b <math> c"), "a b c");
  EXPECT_EQ(drop_html_tags("a <script> b"), "a");
}

TEST(DropHtmlTags, EndsAHiddenElementWithItsOwnEndTag) {
  EXPECT_EQ(drop_html_tags("a<script>x</scripty>y</script >b"), "a b");
  EXPECT_EQ(drop_html_tags("a<style>x</style/>b"), "a b");
}

TEST(DropHtmlTags, DropsSpacesAtBothEnds) {
  EXPECT_EQ(drop_html_tags("  <b>x</b>  "), "x");
  EXPECT_EQ(drop_html_tags("  x  "), "  x  ");
}

TEST(DropHtmlTags, TakesAGreaterSignInsideOfAQuotedValueForText) {
  EXPECT_EQ(drop_html_tags("<a title=\"1 > 0\" href='x'>link</a>"), "link");
  EXPECT_EQ(drop_html_tags("<span class=x>it's > 5</span>"), "it's > 5");
}

TEST(DropHtmlTags, KeepsWhatIsNoTag) {
  for (const char* text : {"a < b", "I <3 it", "<XL> shirt", "a<b", "x <b", "<Brand New>", "1 <> 2",
                           "->", "<", "</", "<!", "<b <i", "size <5kg>"}) {
    uint64_t dropped = 0;
    EXPECT_EQ(drop_html_tags(text, &dropped), text);
    EXPECT_EQ(dropped, 0u);
  }
}

TEST(DropHtmlTags, CountsTheTags) {
  uint64_t dropped = 1;
  drop_html_tags("<p>a<br>b</p>", &dropped);
  EXPECT_EQ(dropped, 4u);
}

}  // namespace
}  // namespace barker

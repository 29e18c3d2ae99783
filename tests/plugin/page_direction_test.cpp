#include "plugin/page_direction.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

TEST(PlainTitle, HasNothingToBeCleanedEscapedOrIsolated) {
  for (const char* title :
       {"", "Running shoes", "補水保湿 面膜", "a  b ", "Ångström 5%", "👩‍🚀 suit"}) {
    EXPECT_TRUE(is_plain_title(title)) << title;
  }
  for (const char* title : {"a & b", "<b>", "5\" pipe", "it's", "a\tb", "a\x01", "zero\u200Bwidth",
                            "\xff", "cut \xe8\xa3", "עברית", "ab عربي"}) {
    EXPECT_FALSE(is_plain_title(title)) << title;
  }
}

}  // namespace
}  // namespace barker

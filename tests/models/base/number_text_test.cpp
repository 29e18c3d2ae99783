#include "models/base/number_text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <cstdio>

namespace barker {
namespace {

TEST(NumberText, IsTheShortestThatReadsBackAsTheNumber) {
  EXPECT_EQ(number_text(0.25), "0.25");
  EXPECT_EQ(number_text(1e12), "1e+12");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(INFINITY), "inf");
  EXPECT_EQ(number_text(NAN), "nan");
}

TEST(NumberText, HasTheDigitsThatAreAskedFor) {
  EXPECT_EQ(number_text(0.25, 3), "0.250");
  EXPECT_EQ(number_text(-1e300, 0).size(), 302u);
}

TEST(NumberText, OfAFloatIsThatOfTheFloat) { EXPECT_EQ(number_text(0.01f), "0.01"); }

TEST(NumberText, DoesNotFollowTheLocale) {
  const char* found = nullptr;
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8"}) {
    if (!found) found = std::setlocale(LC_NUMERIC, name);
  }
  if (!found) GTEST_SKIP() << "this machine has no locale with a decimal comma";
  char printed[16];
  std::snprintf(printed, sizeof printed, "%.1f", 0.5);
  const std::string ours = number_text(0.5), fixed = number_text(0.5, 1);
  std::setlocale(LC_NUMERIC, "C");
  ASSERT_STREQ(printed, "0,5") << "the locale is not one with a decimal comma";
  EXPECT_EQ(ours, "0.5");
  EXPECT_EQ(fixed, "0.5");
}

}  // namespace
}  // namespace barker

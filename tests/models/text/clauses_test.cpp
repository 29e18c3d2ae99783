#include "models/text/clauses.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

TEST(Clauses, AreSeparatedByTheEndsOfSentencesAndByBracketsOfAnyScript) {
  for (const char* between : {". ", "! ", "?", ", ", "; ", ": ", " (", ") ", " [", "】", "「", "。",
                              "，", "、", "؟ ", "، ", "۔", "।", "…. "}) {
    EXPECT_TRUE(separates_clauses(between)) << between;
  }
}

TEST(Clauses, AreSeparatedByBarsBulletsLinesAndPictures) {
  for (const char* between :
       {" | ", "|", "｜", " • ", " · ", "\n", "\r\n", "\u2028", " ★ ", " ✔", "—"}) {
    EXPECT_TRUE(separates_clauses(between)) << between;
  }
}

TEST(Clauses, AreSeparatedByADashOnlyWhereSpacesStandOnBothSides) {
  for (const char* between : {" - ", " – ", " / ", " -- ", "  -  ", " ~ "}) {
    EXPECT_TRUE(separates_clauses(between)) << between;
  }
  for (const char* between : {"-", "/", " -", "- ", "‑", "–"}) {
    EXPECT_FALSE(separates_clauses(between)) << between;
  }
}

TEST(Clauses, GoOnOverSpacesSignsApostrophesAndQuotationMarks) {
  for (const char* between : {"", " ", "\t", "\u00a0", "\u3000", "'", "’", "\" ", "™ ", "® ", "🅪 ",
                              "🅫 ", "🅬 ", " & ", "+", "・", "° "}) {
    EXPECT_FALSE(separates_clauses(between)) << between;
  }
}

TEST(Clauses, GoOnOverAFullStopOrAMiddleDotOnlyWhereItStandsAlone) {
  for (const char* between : {".", "·"}) EXPECT_FALSE(separates_clauses(between)) << between;
  for (const char* between : {". ", " .", "..", " · ", " ·", "· ", "··", ".)", "·."}) {
    EXPECT_TRUE(separates_clauses(between)) << between;
  }
}

TEST(Clauses, GoOnOverTheFullStopOfAnAbbreviation) {
  EXPECT_FALSE(separates_clauses("mr", ". "));
  EXPECT_FALSE(separates_clauses("st", ".  "));
  EXPECT_TRUE(separates_clauses("mr", ", "));
  EXPECT_TRUE(separates_clauses("mr", ". ("));
  EXPECT_TRUE(separates_clauses("free", ". "));
  EXPECT_FALSE(separates_clauses("free", " "));
}

TEST(Clauses, TakeInvalidBytesForNothing) { EXPECT_FALSE(separates_clauses(" \xFF\xC3 ")); }

}  // namespace
}  // namespace barker

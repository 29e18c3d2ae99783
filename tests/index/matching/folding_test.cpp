#include "index/matching/folding.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/models/text/random_text.h"

namespace barker {
namespace {

void expect_same_text(const std::string& a, const std::string& b) {
  EXPECT_EQ(fold_text(a), fold_text(b)) << a << " and " << b;
}
void expect_same_word(const std::string& a, const std::string& b) {
  EXPECT_EQ(fold_word(a), fold_word(b)) << a << " and " << b;
}

TEST(FoldedText, HasNoTatweel) { expect_same_text("كتاب", "كـــتاب"); }

TEST(FoldedText, IsSimplifiedChinese) {
  expect_same_text("头发护理 电视", "頭髮護理 電視");
  expect_same_text("保湿面膜", "保濕面膜");
}

TEST(FoldedWord, HasNoMarksOfAlphabets) {
  for (const auto& [marked, plain] : {std::pair{"crème", "creme"},
                                      {"jalapeño", "jalapeno"},
                                      {"điện", "dien"},
                                      {"smørrebrød", "smorrebrod"},
                                      {"łódź", "lodz"},
                                      {"straße", "strasse"},
                                      {"cœur", "coeur"},
                                      {"çanta", "canta"},
                                      {"kırmızı", "kirmizi"},
                                      {"ёлка", "елка"},
                                      {"καφές", "καφεσ"},
                                      {"कमीज़", "कमीज़"},
                                      {"مَكْتَب", "مكتب"},
                                      {"שָׁלוֹם", "שלום"}}) {
    expect_same_word(marked, plain);
  }
}

TEST(FoldedWord, KeepsMarksThatAreLetters) {
  for (const auto& [one, other] :
       {std::pair{"край", "краи"}, {"ガス", "カス"}, {"की", "क"}, {"ไม้", "ไม"}}) {
    EXPECT_NE(fold_word(one), fold_word(other)) << one << " and " << other;
  }
}

TEST(FoldedWord, IsWithoutArabicHamzaArticleAndTatweel) {
  expect_same_word("أحمر", "احمر");
  expect_same_word("السيارة", "سياره");
  EXPECT_EQ(fold_word("الم"), "الم") << "a short word begins with these letters itself";
}

TEST(FoldedWord, HasNoLongVowelAtItsEndInKatakana) {
  expect_same_word("サーバー", "サーバ");
  EXPECT_EQ(fold_word("コピー"), "コピー");
}

TEST(FoldedWord, IsWrittenTogether) {
  expect_same_word("wi-fi", "wifi");
  expect_same_word("wh-1000xm5", "wh1000xm5");
  expect_same_word("u.s.a", "usa");
  EXPECT_EQ(fold_word("c++"), "c++");
}

TEST(FoldedWord, KeepsTheSignsOfNumbers) {
  for (const char* number : {"6.5g", "1/2", "16:9", "10-20", "1.5л"}) {
    EXPECT_EQ(fold_word(number), number);
  }
  EXPECT_EQ(fold_word("4k-1.5"), "4k1.5");
}

TEST(FoldedWord, IsItsOwnFoldedForm) {
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    const std::string word = fold_word(random_text(random, 8));
    EXPECT_EQ(fold_word(word), word);
  }
}

}  // namespace
}  // namespace barker

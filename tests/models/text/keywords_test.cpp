#include "models/text/keywords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/models/text/random_text.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const KeywordSplitter& splitter, std::string_view text) {
  std::vector<std::string> out;
  for (const Keyword& keyword : splitter.split(text)) out.push_back(keyword.text);
  return out;
}

TEST(KeywordSplitter, FoldsCaseAndDropsPunctuation) {
  EXPECT_THAT(texts(KeywordSplitter(), "Trail-ready SHOES, (Black)!"),
              ElementsAre("trail-ready", "shoes", "black"));
}

TEST(KeywordSplitter, KeepsModelNumbersAndQuantitiesWhole) {
  EXPECT_THAT(texts(KeywordSplitter(), "50ml Wi-Fi WH-1000XM4 3.5mm l'Oreal H&M"),
              ElementsAre("50ml", "wi-fi", "wh-1000xm4", "3.5mm", "l'oreal", "h&m"));
}

TEST(KeywordSplitter, ReadsApostrophesOfAllShapesAsOne) {
  const std::string shapes[] = {"'", "’", "‘", "ʼ", "＇", "`", "´", "′", "‛", "ʹ"};
  for (const std::string& shape : shapes) {
    EXPECT_THAT(texts(KeywordSplitter(), "Women" + shape + "s L" + shape + "Oreal"),
                ElementsAre("women's", "l'oreal"))
        << shape;
  }
  EXPECT_THAT(texts(KeywordSplitter(), "boys’ ’n’ 'quoted'"), ElementsAre("boys", "n", "quoted"));
}

TEST(KeywordSplitter, ReadsHyphensOfAllShapesAsOneAndSoftOnesAsNothing) {
  for (const char* shape : {"-", "‐", "‑", "‒", "–", "−", "﹣", "－", "⁃"}) {
    EXPECT_THAT(texts(KeywordSplitter(), std::string("Wi") + shape + "Fi"), ElementsAre("wi-fi"))
        << shape;
  }
  EXPECT_THAT(texts(KeywordSplitter(), "water\u00ADproof"), ElementsAre("waterproof"));
  EXPECT_THAT(texts(KeywordSplitter(), "red - blue—green a--b"),
              ElementsAre("red", "blue", "green", "a", "b"));
}

TEST(KeywordSplitter, DropsMakersSigns) {
  EXPECT_THAT(texts(KeywordSplitter(), "Lego™ Duplo® Care℠ ©2024 Post-it®-Notes ™ ™️"),
              ElementsAre("lego", "duplo", "care", "2024", "post-it-notes"));
  EXPECT_THAT(texts(KeywordSplitter(), "Lego™Duplo Lego™®️Duplo"),
              ElementsAre("lego", "duplo", "lego", "duplo"));
  EXPECT_EQ(normalize_keyword("Lego™"), "lego");
}

TEST(KeywordSplitter, WritesFractionsAndRaisedDigitsInAscii) {
  EXPECT_THAT(texts(KeywordSplitter(), "Hose 1½ feet, 1 1/2, ¼ 1⁄4 5 m²"),
              ElementsAre("hose", "1", "1/2", "feet", "1", "1/2", "1/4", "1/4", "5", "m2"));
}

TEST(KeywordSplitter, SplitsAtSignsBetweenWordsOnly) {
  EXPECT_THAT(texts(KeywordSplitter(), "AT&T R&B M&Ms Q&A 1&1 salt&pepper in&out"),
              ElementsAre("at&t", "r&b", "m&ms", "q&a", "1&1", "salt", "pepper", "in", "out"));
  EXPECT_THAT(texts(KeywordSplitter(), "C++ c# A+++ S22+ 18+ 2+1 usb+hdmi Disney+"),
              ElementsAre("c++", "c#", "a+++", "s22+", "18+", "2+1", "usb", "hdmi", "disney"));
  EXPECT_THAT(texts(KeywordSplitter(), "1/2 24/7 n/a w/o and/or a4/a5 usb2.0/3.0"),
              ElementsAre("1/2", "24/7", "n/a", "w/o", "and", "or", "a4", "a5", "usb2.0", "3.0"));
  EXPECT_THAT(texts(KeywordSplitter(), "1.5l U.S.A. node.js asp.net Dr.Martens end.Next No.7"),
              ElementsAre("1.5l", "u.s.a", "node.js", "asp.net", "dr", "martens", "end", "next",
                          "no", "7"));
  EXPECT_THAT(texts(KeywordSplitter(), "4K@60Hz 16:9 size:xl 1,000 black,white"),
              ElementsAre("4k", "60hz", "16:9", "size", "xl", "1,000", "black", "white"));
}

TEST(KeywordSplitter, WritesAUnitWithItsNumberInOneForm) {
  for (const char* text : {"50 ml", "50ml", "50-ml", "50 ML", "50  ml", "50\u00a0ml", "50㎖"}) {
    EXPECT_THAT(texts(KeywordSplitter(), text), ElementsAre("50ml")) << text;
    EXPECT_EQ(normalize_keyword(text), "50ml") << text;
    EXPECT_EQ(keyword_fingerprint(text), fingerprint("50ml")) << text;
  }
  EXPECT_THAT(texts(KeywordSplitter(), "1.5 l, 12 V, 5 kg 2x50 ml 10–20 cm 5 мл 1½ kg"),
              ElementsAre("1.5l", "12v", "5kg", "2x50ml", "10-20cm", "5мл", "1", "1/2kg"));
  EXPECT_THAT(texts(KeywordSplitter(), "50 毫升 10 片装 面膜50 ml"),
              ElementsAre("50毫升", "10片", "装", "面", "膜", "50ml"));
}

TEST(KeywordSplitter, LeavesApartWhatOnlyLooksLikeAUnit) {
  EXPECT_THAT(texts(KeywordSplitter(), "2 in 1 dress, 10 m us"),
              ElementsAre("2", "in", "1", "dress", "10", "m", "us"));
  EXPECT_THAT(texts(KeywordSplitter(), "15 in., cable 5 m, 2 A"),
              ElementsAre("15in", "cable", "5m", "2a"));
  EXPECT_THAT(texts(KeywordSplitter(), "5 v-neck 2 l'oreal mp3 l wh-1000 v 5 mlx 5 条纹衫"),
              ElementsAre("5", "v-neck", "2", "l'oreal", "mp3", "l", "wh-1000", "v", "5", "mlx",
                          "5", "条纹", "衫"));
}

TEST(KeywordSplitter, TakesNoUnitOutOfAnAbbreviation) {
  EXPECT_THAT(texts(KeywordSplitter(), "2 w/o lid, 2 W/ lid, 2 w/2 lids"),
              ElementsAre("2", "w/o", "lid", "2", "w", "lid", "2", "w/2", "lids"));
  EXPECT_THAT(texts(KeywordSplitter(), "2 V.I.P. 3 G.I. Joe, 5 l.com 5 kg.net"),
              ElementsAre("2", "v.i.p", "3", "g.i", "joe", "5", "l.com", "5", "kg.net"));
  EXPECT_THAT(texts(KeywordSplitter(), "5 V. 12 V/24 V 5 l/100 km 2 kg."),
              ElementsAre("5v", "12v", "24v", "5l", "100km", "2kg"));
}

TEST(KeywordSplitter, TakesNoUnitOutOfAWordOfAnotherLanguage) {
  EXPECT_THAT(texts(KeywordSplitter(), "2023 HP Pavilion 15 laptop, motor 2 HP"),
              ElementsAre("2023", "hp", "pavilion", "15", "laptop", "motor", "2hp"));
  EXPECT_THAT(texts(KeywordSplitter(), "10 um die Welt"), ElementsAre("10", "um", "die", "welt"));
  EXPECT_THAT(texts(KeywordSplitter(), "Nosidełko 3 w 1, 2 v 1 kočárek; 5 v 5"),
              ElementsAre("nosidełko", "3", "w", "1", "2", "v", "1", "kočárek", "5", "v", "5"));
  EXPECT_THAT(texts(KeywordSplitter(), "12 V 2 A charger, 10 W 220 V, 5 V 1A, 12 V 2.5 A"),
              ElementsAre("12v", "2", "a", "charger", "10w", "220v", "5v", "1a", "12v", "2.5a"));
}

TEST(KeywordSplitter, SplitsScriptsWithSpacesByItsOwnRules) {
  EXPECT_THAT(texts(KeywordSplitter(), "Größe ΩΜΈΓΑ мир हिन्दी العربية צה״ל col·lecció"),
              ElementsAre("grösse", "ωμέγα", "мир", "हिन्दी", "العربية", "צה\"ל", "col·lecció"));
  EXPECT_THAT(texts(KeywordSplitter(), "USB케이블 50개 갤럭시-S22"),
              ElementsAre("usb", "케이블", "50", "개", "갤럭시-s22"));
}

TEST(KeywordSplitter, OffsetsCoverAllThatBecameOneKeyword) {
  const std::string text = "Lego™ Women’s 50 ml, 1½ Wi‑Fi";
  std::vector<std::string> written;
  for (const Keyword& k : KeywordSplitter().split(text)) {
    written.push_back(text.substr(k.begin, k.end - k.begin));
  }
  EXPECT_THAT(written, ElementsAre("Lego", "Women’s", "50 ml", "1", "½", "Wi‑Fi"));
}

TEST(KeywordSplitter, KeepsLatinLettersWithTheirHanWord) {
  EXPECT_THAT(texts(KeywordSplitter(), "纯棉T恤 V领"), ::testing::IsSupersetOf({"t恤", "v领"}));
}

TEST(KeywordSplitter, SplitsChineseByDictionary) {
  EXPECT_THAT(texts(KeywordSplitter(), "不锈钢运动鞋"), ::testing::Contains("不锈钢"));
}

TEST(KeywordSplitter, FoldsFullWidthForms) {
  EXPECT_THAT(texts(KeywordSplitter(), "ＡＢＣ１２３"), ElementsAre("abc123"));
}

TEST(KeywordSplitter, KeepsPhrasesWholeByLongestMatch) {
  const KeywordSplitter splitter(
      {"Free Shipping", "free shipping worldwide", "补水保湿", "single"});
  EXPECT_THAT(texts(splitter, "FREE  shipping today"), ElementsAre("free shipping", "today"));
  EXPECT_THAT(texts(splitter, "free shipping worldwide"), ElementsAre("free shipping worldwide"));
  EXPECT_THAT(texts(splitter, "free delivery"), ElementsAre("free", "delivery"));
  EXPECT_THAT(texts(splitter, "面膜补水保湿"), ::testing::Contains("补水保湿"));
}

TEST(KeywordSplitter, ComposesNoPhraseAcrossTheEndOfAClause) {
  const KeywordSplitter splitter({"free shipping", "补水保湿"});
  EXPECT_THAT(texts(splitter, "Gluten free. Shipping scale"),
              ElementsAre("gluten", "free", "shipping", "scale"));
  EXPECT_THAT(texts(splitter, "Sugar free (shipping) scale"),
              ElementsAre("sugar", "free", "shipping", "scale"));
  EXPECT_THAT(texts(splitter, "free-shipping"), ElementsAre("free-shipping"));
  EXPECT_THAT(texts(splitter, "free\u00A0shipping \"free\" shipping"),
              ElementsAre("free shipping", "free shipping"));
  EXPECT_THAT(texts(splitter, "补水。保湿"), ElementsAre("补", "水", "保", "湿"));
}

TEST(KeywordSplitter, KnowsANameInAllWaysToWriteIt) {
  const KeywordSplitter splitter({"dr martens", "Mr. Coffee", "乔治阿玛尼", "No. 7"});
  EXPECT_EQ(splitter.phrases().size(), 4u);
  for (const char* text : {"Dr.Martens", "Dr. Martens", "DR MARTENS"}) {
    EXPECT_THAT(texts(splitter, text), ElementsAre("dr martens")) << text;
  }
  EXPECT_THAT(texts(splitter, "mr coffee Mr. Coffee Mr, Coffee"),
              ElementsAre("mr. coffee", "mr. coffee", "mr", "coffee"));
  EXPECT_THAT(texts(splitter, "No.7 no 7"), ElementsAre("no. 7", "no. 7"));
  EXPECT_THAT(texts(splitter, "乔治·阿玛尼 乔治阿玛尼"), ElementsAre("乔治阿玛尼", "乔治阿玛尼"));
  EXPECT_THAT(texts(splitter, "乔治 · 阿玛尼"), ::testing::Not(::testing::Contains("乔治阿玛尼")));
}

TEST(KeywordSplitter, GivesTheSameKeywordsWhateverTheOrderOfItsPhrases) {
  const std::vector<std::string> phrases = {"补水 保湿", "补水保湿", "free shipping"};
  const std::vector<std::string> reversed(phrases.rbegin(), phrases.rend());
  EXPECT_EQ(texts(KeywordSplitter(phrases), "补水保湿 free shipping"),
            texts(KeywordSplitter(reversed), "补水保湿 free shipping"));
}

TEST(SplitWords, SaysWhereClausesEnd) {
  std::vector<Fingerprint> words;
  split_words("Gluten free. Shipping, (scale)!", words);
  EXPECT_THAT(words, ElementsAre(fingerprint("gluten"), fingerprint("free"), kClauseBoundary,
                                 fingerprint("shipping"), kClauseBoundary, fingerprint("scale")));
}

TEST(SplitWords, GivesTheSameWordsWithTheirPlaces) {
  std::mt19937 random(12);
  for (int trial = 0; trial < 2000; ++trial) {
    const std::string text = random_text(random, 12);
    std::vector<Fingerprint> words, placed;
    split_words(text, words);
    const std::vector<Keyword> keywords = KeywordSplitter().split(text);
    const std::vector<TextWord> places = split_words(text);
    ASSERT_EQ(places.size(), keywords.size()) << '"' << text << '"';
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i].begins_clause && i > 0) placed.push_back(kClauseBoundary);
      placed.push_back(places[i].fingerprint);
      ASSERT_EQ(std::pair(places[i].begin, places[i].end),
                std::pair(keywords[i].begin, keywords[i].end));
    }
    ASSERT_EQ(placed, words) << '"' << text << '"';
  }
}

TEST(KeywordSplitter, SplitsTheTitleOfItsReadme) {
  EXPECT_THAT(texts(KeywordSplitter({"free shipping", "补水保湿"}),
                    "FREE  Shipping! 补水保湿面膜 T恤 ５０ml"),
              ElementsAre("free shipping", "补水保湿", "面", "膜", "t恤", "50ml"));
}

TEST(KeywordSplitter, FindsNothingInNothing) {
  for (const char* text : {"", "   ", "!!! --- ...", "😀"}) {
    EXPECT_THAT(texts(KeywordSplitter(), text), IsEmpty()) << text;
  }
}

TEST(KeywordSplitter, CountsInvalidUtf8AndGoesOn) {
  uint64_t replaced = 0;
  EXPECT_EQ(KeywordSplitter().split("good\xFF word", &replaced).size(), 2u);
  EXPECT_EQ(replaced, 1u);
}

TEST(KeywordSplitter, GivesTheSameFingerprintsByBothWays) {
  const KeywordSplitter splitter({"free shipping"});
  std::vector<Fingerprint> prints;
  splitter.split("Free shipping 补水 T恤", prints);
  std::vector<Fingerprint> expected;
  for (const Keyword& k : splitter.split("Free shipping 补水 T恤")) {
    expected.push_back(k.fingerprint);
    EXPECT_EQ(k.fingerprint, fingerprint(k.text));
  }
  EXPECT_EQ(prints, expected);
}

TEST(KeywordSplitter, OffsetsNameTheBytesAKeywordCameFrom) {
  const std::string text = "The ＦＲＥＥ shipping, 补水";
  for (const Keyword& k : KeywordSplitter({"free shipping"}).split(text)) {
    ASSERT_LE(k.begin, k.end);
    ASSERT_LE(k.end, text.size());
    EXPECT_EQ(normalize_keyword(text.substr(k.begin, k.end - k.begin)), k.text);
  }
}

TEST(KeywordSplitter, OffsetsCoverAllOfACharacterThatBecameSeveral) {
  const std::string text = "a \uFDFA b";  // one character, four words
  const std::vector<Keyword> keywords = KeywordSplitter().split(text);
  ASSERT_EQ(keywords.size(), 6u);
  for (size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(keywords[i].begin, 2u);
    EXPECT_EQ(keywords[i].end, 5u);
  }
  EXPECT_EQ(text.substr(keywords[5].begin, keywords[5].end - keywords[5].begin), "b");
}

// Quadratic offsets would take minutes here and run into the test's time limit.
TEST(KeywordSplitter, FindsOffsetsInLongTextsWithoutStartingOver) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "Wörd ";
  const std::vector<Keyword> keywords = KeywordSplitter().split(text);
  ASSERT_EQ(keywords.size(), 100'000u);
  EXPECT_EQ(keywords.back().end, text.size() - 1);
}

// Whatever repeats in a text, time grows with the text's size. Looking at the word so far at each
// of its signs would take minutes here and run into the test's time limit.
TEST(KeywordSplitter, SplitsLongRepeatsOfAnySignWithoutStartingOver) {
  constexpr size_t kBytes = repetitions(1'000'000);
  const auto repeated = [](std::string_view unit) {
    std::string text;
    while (text.size() < kBytes) text += unit;
    return text;
  };
  for (const char* joined :
       {"1/", "1+", "1.", "1,", "1:", "1'", "a&", "w-", "1-1/1_", "a\u0301&"}) {
    std::vector<Fingerprint> words;
    split_words(repeated(joined), words);
    EXPECT_FALSE(words.empty()) << joined;
  }
  std::vector<Fingerprint> words;
  split_words(repeated("1/"), words);
  EXPECT_EQ(words.size(), 1u);
  for (const char* apart :
       {"50 ", "50 m ", "5 l&", "+",     "#",  "c+", " ",  "5\u0301", "™",    "1™",
        "½",   "x×",    "面",   "50 片", "가", "ก",  ". ", " - ",     "dr. ", "·"}) {
    const std::string text = repeated(apart);
    split_words(text, words);
    EXPECT_EQ(KeywordSplitter().find(text, fingerprint("is in no text")).second, 0u) << apart;
    EXPECT_EQ(keyword_fingerprint(text), fingerprint(normalize_keyword(text))) << apart;
  }
}

TEST(KeywordSplitter, SurvivesRandomBytesAndKeepsOffsetsInOrder) {
  std::mt19937 random(7);
  const KeywordSplitter splitter({"a b", "补水保湿"});
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    size_t last = 0;
    for (const Keyword& k : splitter.split(bytes)) {
      EXPECT_GE(k.begin, last);
      EXPECT_FALSE(k.text.empty());
      last = k.end;
    }
  }
}

TEST(Fingerprint, OfAFeatureIsThatOfItsWrittenForm) {
  EXPECT_EQ(feature_fingerprint("profile", "gender=f"), fingerprint("profile=gender=f"));
}

TEST(NormalizeKeyword, IsIdempotent) {
  for (const char* text : {"  Free   SHIPPING ", "ＡＢＣ", "Straße", "补水 保湿", "1½ ml",
                           "50\u2028ml", "Lego™ 10-5 kg"}) {
    const std::string once = normalize_keyword(text);
    EXPECT_EQ(normalize_keyword(once), once);
  }
}

TEST(KeywordFingerprint, IsOfTheNormalFormInAnyScript) {
  for (const std::string text :
       {"", " ", "补水保湿", "Ｆｕｌｌ　Ｗｉｄｔｈ", "T恤", "t恤", " Straße ", "ﬁne",
        "a\xff"
        "b",
        "é", "e\u0301", "\u3000x", "x\u00a0y", "補水 保湿", "补水\u200b保湿", "补\u0085水",
        "补\u2028水", "补\u2029", "\u1680补"}) {
    EXPECT_EQ(keyword_fingerprint(text), fingerprint(normalize_keyword(text))) << text;
  }
  EXPECT_EQ(keyword_fingerprint(std::string(1000, 'A')), fingerprint(std::string(1000, 'a')));
}

}  // namespace
}  // namespace barker

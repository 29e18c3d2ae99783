#include "plugin/title_text.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>

#include "models/text/text.h"

namespace barker {
namespace {

TitlePlace::Kind place(std::string_view title, std::string_view point) {
  ComparisonText title_text, point_text;
  title_text.assign(title, NormalForm::Origins::kForgotten);
  point_text.assign(point, NormalForm::Origins::kForgotten);
  return place_in_title(title_text, point_text).kind;
}

struct Case {
  std::string_view title, point;
};

void expect(TitlePlace::Kind kind, std::initializer_list<Case> cases) {
  for (const Case& c : cases)
    EXPECT_EQ(place(c.title, c.point), kind) << c.title << " / " << c.point;
}

TEST(TitleText, FindsWordsWhateverTheirSpelling) {
  expect(TitlePlace::kPresent, {{"Tent waterproof zipper kettle", "waterproof"},
                                {"Noise-Cancelling kettle", "noise cancelling"},
                                {"Noise\u2011Cancelling kettle", "noise cancelling"},
                                {"noise cancelling kettle", "Noise-Cancelling"},
                                {"Antislip mat", "anti-slip"},
                                {"Anti-slip mat", "antislip"},
                                {"Gore-Tex™ jacket", "gore-tex"},
                                {"Gore-Tex jacket", "GORE TEX®"},
                                {"ＷＡＴＥＲＰＲＯＯＦ bag", "waterproof"},
                                {"Men’s shoes", "men's"},
                                {"Men´s shoes", "mens"},
                                {"Kettle 1.7 l, steel", "1.7l"},
                                {"Bottle 50ml glass", "50 ml"},
                                {"Sugar\u00ADfree\u200B gum", "sugarfree"},
                                {"Straße lamp", "STRASSE"},
                                {"Light, waterproof", " waterproof! "},
                                {"Pen ½ inch", "1/2 inch"},
                                {"加厚防水手机袋", "防水"},
                                {"加厚 防水 手机袋", "防水手机袋"},
                                {"サイズ大きめＵＳＢ充電", "usb充電"},
                                {"กระเป๋ากันน้ำสีดำ", "กันน้ำ"},
                                {"C++ for beginners", "c++"}});
}

TEST(TitleText, FindsNoPartsOfWordsAndNothingAcrossClauses) {
  expect(TitlePlace::kAbsent, {{"Gluten free. Shipping scale kettle", "free shipping"},
                               {"Light (water) proof", "water proof"},
                               {"Tent, zipper", "tent zipper"},
                               {"Black - white shirt", "black white"},
                               {"Waterproofing spray", "waterproof"},
                               {"C++ for beginners", "c"},
                               {"Bottle 150 ml", "50 ml"},
                               {"瓶，装", "瓶装"},
                               {"ミニカート", "ミニカ"},
                               {"Kettle", "!!!"},
                               {"", "waterproof"},
                               {"Kettle 50ml", "ml"},
                               {"Kettle", ""}});
}

TEST(TitleText, KnowsWhatATitleDenies) {
  expect(TitlePlace::kNegated, {{"Not waterproof kettle", "waterproof"},
                                {"Non-waterproof kettle", "waterproof"},
                                {"Nonwaterproof kettle", "waterproof"},
                                {"This isn’t fully waterproof", "waterproof"},
                                {"Kettle without lid", "lid"},
                                {"Cream free of parabens", "parabens"},
                                {"Fragrance-free cream", "fragrance"},
                                {"Unscented candle", "scented"},
                                {"Jacke nicht wasserdicht", "wasserdicht"},
                                {"Bier alkoholfrei", "alkohol"},
                                {"Creme ohne Parfüm", "parfüm"},
                                {"Montre non étanche", "étanche"},
                                {"Crème sans parfum", "parfum"},
                                {"Crema sin alcohol", "alcohol"},
                                {"Сумка без подкладки", "подкладки"},
                                {"洗面奶 不含酒精", "酒精"},
                                {"无线 非防水 音箱", "防水"},
                                {"防水ではない時計", "防水"},
                                {"防水性はありません", "防水"},
                                {"グルテンフリーパン", "グルテン"},
                                {"Waterproof: no", "waterproof"},
                                {"Waterproof bag, not waterproof lid", "waterproof"}});
}

TEST(TitleText, TakesNoOtherWordForADenial) {
  expect(TitlePlace::kPresent, {{"Nothing is as waterproof", "waterproof"},
                                {"No. 1 waterproof bag", "waterproof"},
                                {"Not heavy, waterproof bag", "waterproof"},
                                {"Non-slip mat", "non-slip"},
                                {"Sugar-free gum", "sugar free"},
                                {"不锈钢防水手表", "防水"},
                                {"无线防水音箱", "防水"},
                                {"防水なべ", "防水"}});
}

TEST(TitleText, KnowsWhereWordsStandInTheTitle) {
  const std::string title = "Ｂlack ™ Noise‑Cancelling™ head";
  ComparisonText text, point;
  text.assign(title, NormalForm::Origins::kKept);
  point.assign("noise cancelling", NormalForm::Origins::kForgotten);
  const TitlePlace found = place_in_title(text, point);
  ASSERT_EQ(found.kind, TitlePlace::kPresent);
  const auto [begin, end] = text.original(found.begin, found.end);
  EXPECT_EQ(title.substr(begin, end - begin), "Noise‑Cancelling");
}

TEST(TitleText, HasTheSameWordsInAnySpelling) {
  ComparisonText a, b;
  a.assign("Noise-Cancelling™!", NormalForm::Origins::kForgotten);
  b.assign(" noise  cancelling", NormalForm::Origins::kForgotten);
  EXPECT_TRUE(same_words(a, b));
  EXPECT_TRUE(same_words(b, a));
  b.assign("noise cancelling case", NormalForm::Origins::kForgotten);
  EXPECT_FALSE(same_words(a, b));
  EXPECT_FALSE(same_words(b, a));
}

// A title and a selling point of the same few parts, so that one often stands in the other.
std::string random_parts(std::mt19937& random, size_t most) {
  static constexpr const char* kParts[] = {"water", "Proof", "un",   "50", "ml", "1.5", " ",
                                           " ",     "-",     ". ",   "/",  "'",  "+",   "(",
                                           ") ",    "not ",  "free", "WP", "™",  "é"};
  std::string text;
  for (size_t i = 0, size = 1 + random() % most; i < size; ++i) {
    text += kParts[random() % std::size(kParts)];
  }
  return text;
}

TEST(AsciiCore, NeverRulesOutWhatTheComparisonFinds) {
  std::mt19937 random(12);
  size_t found = 0, ruled_out = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::string title = random_parts(random, 12), point = random_parts(random, 3);
    AsciiCore title_core, point_core;
    title_core.assign(title);
    point_core.assign(point);
    ComparisonText title_text, point_text;
    title_text.assign(title, NormalForm::Origins::kForgotten);
    point_text.assign(point, NormalForm::Origins::kForgotten);
    if (place_in_title(title_text, point_text).kind != TitlePlace::kAbsent) {
      ++found;
      EXPECT_TRUE(title_core.may_contain(point_core)) << title << " / " << point;
    }
    if (same_words(title_text, point_text)) {
      EXPECT_TRUE(title_core.may_equal(point_core)) << title << " / " << point;
    }
    ruled_out += !title_core.may_contain(point_core);
  }
  EXPECT_GT(found, 1000u);
  EXPECT_GT(ruled_out, 1000u);
}

}  // namespace
}  // namespace barker

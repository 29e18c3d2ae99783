#include "plugin/title_text.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>

#include "models/text/keywords.h"
#include "models/text/text.h"
#include "plugin/ascii_core.h"

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
                                {"C++ for beginners", "c++"},
                                {"Waterproof+windproof", "waterproof"},
                                {"Waterproof+windproof", "windproof"},
                                {"Waterproof&windproof coat", "windproof"},
                                {"#waterproof tent", "waterproof"},
                                {"@waterproof tent", "waterproof"},
                                {"Tent waterproof#", "waterproof"},
                                {"Best of R&B music", "r&b"},
                                {"Learn C# now", "c#"},
                                {"Galaxy S22+ case", "s22+"},
                                {"AT&T phone", "at&t"},
                                {"Class A+++ fridge", "a+++"}});
}

// A script without spaces ends a word of another script, and is ended by it. So are Korean words
// and Latin ones.
TEST(TitleText, FindsWordsWhereTwoScriptsMeetWithoutASpace) {
  expect(TitlePlace::kPresent, {{"s22防水", "防水"},
                                {"s22防水", "s22"},
                                {"s22防水手机壳", "防水"},
                                {"防水s22", "防水"},
                                {"防水s22", "s22"},
                                {"防水 s22", "防水s22"},
                                {"s22防水", "s22 防水"},
                                {"s22 防水", "s22防水"},
                                {"5g手机", "手机"},
                                {"5g手机", "5g"},
                                {"5G 手机", "5g手机"},
                                {"usb充电", "充电"},
                                {"usb充电", "usb"},
                                {"ＵＳＢ充电", "usb 充电"},
                                {"新款usb充电宝", "usb"},
                                {"加厚10片装", "10片装"},
                                {"iphone15防水壳", "iphone15"},
                                {"t恤纯棉", "纯棉"},
                                {"ワイヤレスusb充電", "usb"},
                                {"สายusbชาร์จ", "usb"},
                                {"s22방수 케이스", "방수"},
                                {"s22방수 케이스", "s22"},
                                {"usb충전 케이블", "충전"},
                                {"usb충전 케이블", "usb"},
                                {"usb 충전 케이블", "usb충전"},
                                {"방수s22 케이스", "방수"},
                                {"마스크팩 10개입", "10 개입"}});
  expect(TitlePlace::kAbsent, {{"s22防水", "22"},
                               {"s22防水", "s2"},
                               {"防水s22", "s2"},
                               {"usb充电", "us"},
                               {"加厚10片装", "10"},
                               {"1.5升水壶", "1.5"},
                               {"마스크팩 10개입", "10"},
                               {"usb충전기 케이블", "충전"},
                               {"2x100ml精华", "00ml"}});
  expect(TitlePlace::kNegated,
         {{"s22不防水", "防水"}, {"usb无充电", "充电"}, {"s22 0酒精", "酒精"}});
}

TEST(TitleText, FindsNoPartsOfWordsAndNothingAcrossClauses) {
  expect(TitlePlace::kAbsent, {{"Gluten free. Shipping scale kettle", "free shipping"},
                               {"Light (water) proof", "water proof"},
                               {"Tent, zipper", "tent zipper"},
                               {"Black - white shirt", "black white"},
                               {"Waterproofing spray", "waterproof"},
                               {"C++ for beginners", "c"},
                               {"C# for beginners", "c"},
                               {"Galaxy S22+ case", "s22"},
                               {"R&B music", "b"},
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
                                {"Κρέμα χωρίς αλκοόλ", "αλκοόλ"},
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
                                {"Not waterproof+windproof", "waterproof"},
                                {"Not waterproof&windproof", "windproof"},
                                {"Not #waterproof", "waterproof"},
                                {"Less waterproof than leather", "waterproof"},
                                {"Hardly waterproof", "waterproof"},
                                {"Barely waterproof", "waterproof"},
                                {"Cleanser 0% alcohol", "alcohol"},
                                {"Cleanser 0 % alcohol", "alcohol"},
                                {"Alcohol 0% cleanser", "alcohol"},
                                {"0酒精 洗面奶", "酒精"},
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
  const auto same = [](std::string_view a, std::string_view b) {
    ComparisonText texts[2];
    texts[0].assign(a, NormalForm::Origins::kForgotten);
    texts[1].assign(b, NormalForm::Origins::kForgotten);
    const bool is_same = same_words(texts[0], texts[1]);
    EXPECT_EQ(same_words(texts[1], texts[0]), is_same) << a << " / " << b;
    return is_same;
  };
  for (const Case& c : {Case{"Noise-Cancelling™!", " noise  cancelling"},
                        {"Wi-Fi", "WiFi"},
                        {"wi fi", "WiFi"},
                        {"anti slip", "Antislip"},
                        {"防水 袋", "防水袋"},
                        {"50 ml", "50ml"},
                        {"10-20 cm", "10 20cm"}}) {
    EXPECT_TRUE(same(c.title, c.point)) << c.title << " / " << c.point;
  }
  for (const Case& c : {Case{"Noise-Cancelling™!", "noise cancelling case"},
                        {"10-20 cm", "1020 cm"},
                        {"1.5 l", "15 l"},
                        {"light, blue", "light blue"},
                        {"!!!", "!!!"}}) {
    EXPECT_FALSE(same(c.title, c.point)) << c.title << " / " << c.point;
  }
}

TEST(TitleText, FindsEachWordOfTheSplitter) {
  static constexpr const char* kParts[] = {"c", "C", "at", "t", "s22", "water", "1",  "5", "+",
                                           "+", "#", "&",  "@", " ",   " ",     ", ", "é"};
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string title;
    for (size_t n = 1 + random() % 10; n > 0; --n) title += kParts[random() % std::size(kParts)];
    for (const TextWord& word : split_words(title)) {
      const std::string_view text =
          std::string_view(title).substr(word.begin, word.end - word.begin);
      EXPECT_NE(place(title, text), TitlePlace::kAbsent) << title << " / " << text;
    }
  }
}

std::string repeated(std::string_view part, size_t size) {
  std::string text;
  while (text.size() + part.size() <= size) text += part;
  return text;
}

// Each of these took a time in proportion to the square of its length: a second where the limit of
// a test that runs for minutes is reached.
TEST(TitleText, AnswersForTitlesThatRepeatASellingPointAllOver) {
  constexpr size_t kSize = 64 << 10;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(place(repeated("防水", kSize), "防水"), TitlePlace::kPresent);
    EXPECT_EQ(place(repeated("waterproof ", kSize), "waterproof"), TitlePlace::kPresent);
    EXPECT_EQ(place(repeated("water", kSize), "water"), TitlePlace::kAbsent);
    EXPECT_EQ(place(repeated("a, ", kSize), "a"), TitlePlace::kPresent);
  }
}

TEST(TitleText, TakesForDeniedWhatIsTooLongToBeFound) {
  constexpr size_t kSize = 64 << 10;
  for (const char* part : {"a", "a ", "a-", "防"}) {
    const std::string point = repeated(part, kSize / 2);
    EXPECT_EQ(place(repeated(part, kSize) + "b", point + "c"), TitlePlace::kNegated) << part;
  }
  const std::string point = repeated("a", kSize / 2);
  EXPECT_EQ(place("b " + point, point), TitlePlace::kPresent);
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

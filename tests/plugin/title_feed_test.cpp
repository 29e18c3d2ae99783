#include "plugin/title_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "models/text/keywords.h"
#include "models/text/text.h"
#include "plugin/rewrite.h"

namespace barker {
namespace {

FeedRules all_fixed() {
  FeedRules rules;
  rules.modes.fill(FeedMode::kFix);
  return rules;
}

FeedRules only(FeedRule rule, FeedMode mode = FeedMode::kFix) {
  FeedRules rules;
  rules.mode(rule) = mode;
  return rules;
}

std::string fixed(std::string title, const FeedRules& rules = all_fixed()) {
  apply_feed_rules(rules, title);
  return title;
}

void expect_untouched(const std::string& title) { EXPECT_EQ(fixed(title), title); }

TEST(TitleFeed, LowersShoutedWordsAndKeepsAcronymsSizesAndModels) {
  EXPECT_EQ(fixed("RUNNING SHOES FOR MEN WITH LED AND USB"),
            "Running Shoes for Men with LED and USB");
  EXPECT_EQ(fixed("SONY WIRELESS HEADPHONES WH-1000XM4 NASA 4K HDR XXL 8GB"),
            "Sony Wireless Headphones WH-1000XM4 NASA 4K HDR XXL 8GB");
  EXPECT_EQ(fixed("STAR TREK: THE NEXT GENERATION III [5 DISCS] - DVD"),
            "Star Trek: The Next Generation III [5 Discs] - DVD");
  EXPECT_EQ(fixed("L'OREAL MEN'S SHAMPOO, O'NEILL T-SHIRT BLU-RAY 5TH SEASON"),
            "L'Oreal Men's Shampoo, O'Neill T-Shirt Blu-Ray 5th Season");
  EXPECT_EQ(fixed("READ OR DIE TRYING"), "Read or Die Trying");
}

TEST(TitleFeed, LowersCapitalsOfOtherScriptsAndLanguages) {
  EXPECT_EQ(fixed("КРОССОВКИ ДЛЯ БЕГА БЕЗ ШНУРКОВ"), "Кроссовки для Бега без Шнурков");
  EXPECT_EQ(fixed("ΑΔΙΑΒΡΟΧΟΣ ΜΑΥΡΟΣ ΣΑΚΟΣ"), "Αδιαβροχος Μαυρος Σακος");
  EXPECT_EQ(fixed("SCHUHE FÜR GROSSE FÜSSE"), "Schuhe für Grosse Füsse");
  EXPECT_EQ(fixed("SICAK KIŞLIK ÇİZME"), "Sıcak Kışlık Çizme");
}

TEST(TitleFeed, TakesNoTitleForShoutedThatHasAFewCapitals) {
  for (const char* title : {"NVIDIA - GeForce GTS450 1GB GDDR5 PCI Express",
                            "HP - 32GB USB Flash Drive", "LP4 [LP] - VINYL", "BOOTS",
                            "HELLO Kitty Lunch Bag", "华为 HUAWEI MATE 手机 防水 正品 保湿 面膜",
                            "נעלי ריצה NIKE PEGASUS לנשים שחורות", "C.A.S.H. [PA] - CD"}) {
    expect_untouched(title);
  }
}

TEST(TitleFeed, WritesWordsAsTheConfigurationSpellsThem) {
  FeedRules rules = all_fixed();
  rules.add_spelling("BEHRINGER");
  rules.add_spelling("adidas");
  EXPECT_EQ(fixed("BEHRINGER HEADPHONE AMPLIFIER BY ADIDAS FOR IPHONE", rules),
            "BEHRINGER Headphone Amplifier by adidas for iPhone");
}

TEST(TitleFeed, CollapsesRepeatedPunctuation) {
  EXPECT_EQ(fixed("Sale!!! Shoes?!?!"), "Sale! Shoes?!");
  EXPECT_EQ(fixed("Sale ! ! !"), "Sale !");
  EXPECT_EQ(fixed("~~~Sale~~~ *** red ***"), "Sale *** red");
  EXPECT_EQ(fixed("大促销！！！面膜"), "大促销！面膜");
  EXPECT_EQ(fixed("¡¡¡Oferta!!! zapatos,, rojos"), "¡Oferta! zapatos, rojos");
  EXPECT_EQ(fixed("تخفيضات!!! حذاء،، أحمر"), "تخفيضات! حذاء، أحمر");
  EXPECT_EQ(fixed("More ....... shoes --- red"), "More ... shoes - red");
}

TEST(TitleFeed, KeepsPunctuationThatMeansSomething) {
  for (const char* title : {"!!! - CD", "F**k It", "Hotel 5***** Voucher", "C++ and A++ Guide",
                            "Part -- One...", "Warner Bros.... - CD", "5'' Screen", "std::string",
                            "Boy: **** Live", "http://x.de//y", "5~10 cm", "a__b"}) {
    expect_untouched(title);
  }
}

TEST(TitleFeed, RemovesWordsThatAreSaidTwice) {
  EXPECT_EQ(fixed("Running shoes shoes, red"), "Running shoes, red");
  EXPECT_EQ(fixed("Shoes shoes"), "Shoes");
  EXPECT_EQ(fixed("running shoes running shoes black"), "running shoes black");
  EXPECT_EQ(fixed("Belkin - Belkin 6-Outlet Surge Protector"), "Belkin 6-Outlet Surge Protector");
  EXPECT_EQ(fixed("Sony Ericsson - Sony Ericsson Vivaz"), "Sony Ericsson Vivaz");
  EXPECT_EQ(fixed("נעליים נעליים שחורות"), "נעליים שחורות");
  EXPECT_EQ(fixed("保湿面膜 保湿面膜 正品"), "保湿面膜 正品");
}

TEST(TitleFeed, KeepsNamesSizesAndPairsThatLookSaidTwice) {
  for (const char* title :
       {"Duran Duran - CD", "Yo Gabba Gabba Breaks", "Zhu Zhu Pets", "New York New York",
        "Kingston RAM 8GB 8GB", "XXL XXL", "cha cha shoes", "Weezer - Weezer - CD", "2 - 2 Pack",
        "Mimic/Mimic 2 [2 Discs]", "Blue - Blue", "छोटे छोटे बर्तन", "shoes, shoes",
        "not waterproof waterproofing", "Wow! Wow! Wubbzy!", "保湿面膜保湿面膜"}) {
    expect_untouched(title);
  }
}

TEST(TitleFeed, RemovesEmojiAndDecorations) {
  EXPECT_EQ(fixed("✨ Shoes 🔥🔥 red ★★★"), "Shoes red");
  EXPECT_EQ(fixed("Shoes✔waterproof"), "Shoes waterproof");
  EXPECT_EQ(fixed("👩‍🚀 suit 🇩🇪, size 👍🏽M"), "suit, size M");
  EXPECT_EQ(fixed("1️⃣ pack (★) red"), "1 pack red");
  EXPECT_EQ(fixed("★正品★面膜"), "正品 面膜");
  EXPECT_EQ(fixed("רמקול 🔊 נייד"), "רמקול נייד");
}

TEST(TitleFeed, KeepsSignsThatMeanSomething) {
  for (const char* title : {"I ❤ NY shirt", "Dyson™ 5° ℃ ♂ 10 ㎡ № 5", "① ② ③ set", "F♯ tuner",
                            "【正品】面膜", "เสื้อ กันน้ำ", "S→M converter"}) {
    expect_untouched(title);
  }
}

TEST(TitleFeed, LeavesATitleOfSignsAlone) {
  expect_untouched("🔥🔥🔥");
  expect_untouched("***");
  expect_untouched("");
}

TEST(TitleFeed, WarnsOfWhatItWouldChange) {
  std::string title = "Sale!!! shoes";
  EXPECT_EQ(apply_feed_rules(only(FeedRule::kPunctuation, FeedMode::kWarn), title),
            bit_of(FeedRule::kPunctuation));
  EXPECT_EQ(title, "Sale!!! shoes");
  EXPECT_EQ(apply_feed_rules(only(FeedRule::kPunctuation), title), bit_of(FeedRule::kPunctuation));
  EXPECT_EQ(apply_feed_rules(only(FeedRule::kPunctuation), title), 0u) << "it is calm now";
  std::string other = "Sale!!! shoes";
  EXPECT_EQ(apply_feed_rules(only(FeedRule::kCapitals), other), 0u);
}

std::set<std::string> words_of(const std::string& title) {
  std::set<std::string> words;
  std::string word;
  for (const char c : normalize_keyword(title) + " ") {
    const bool is_inside = static_cast<unsigned char>(c) >= 0x80 || std::isalnum(c) != 0;
    if (is_inside) {
      word += c;
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
  return words;
}

// Titles of pieces that the rules look for, in all orders.
TEST(TitleFeed, IsIdempotentAndLosesNoWordOfAnyTitle) {
  const std::vector<std::string> pieces = {
      "shoes",   "SHOES", "Shoes",   "RED",  "running", "WATERPROOF", "8GB",    "XXL",  "USB",
      "!!!",     "!",     "?",       "~~",   "***",     "*",          "(",      ")",    ",",
      ",,",      "-",     "---",     "....", " ",       " ",          " ",      " ",    "🔥",
      "★",       "❤",     "I",       "L'",   "防水",    "面膜",       "נעליים", "กันน้ำ", "|",
      "1️⃣", "not",   "WITHOUT", "™",    "/",       "№"};
  std::mt19937 random(17);
  for (int i = 0; i < 20'000; ++i) {
    std::string title;
    for (size_t n = random() % 14; n > 0; --n) title += pieces[random() % pieces.size()];
    const std::string once = fixed(title), twice = fixed(once);
    EXPECT_EQ(once, twice) << title;
    EXPECT_EQ(sanitize_utf8(once), once) << title;
    std::string spaced = title;  // a decoration parts two words, as the fix makes visible
    for (const std::string sign : {"🔥", "★", "❤", "~~", "***"}) {
      for (size_t at = 0; (at = spaced.find(sign, at)) != spaced.npos;) {
        spaced.replace(at, sign.size(), " ");
      }
    }
    std::string once_spaced = once;
    for (const std::string sign : {"🔥", "★", "❤", "~~", "***"}) {
      for (size_t at = 0; (at = once_spaced.find(sign, at)) != once_spaced.npos;) {
        once_spaced.replace(at, sign.size(), " ");
      }
    }
    for (size_t at = 0; (at = spaced.find("️⃣", at)) != spaced.npos;) spaced.erase(at, 6);
    for (size_t at = 0; (at = once_spaced.find("️⃣", at)) != once_spaced.npos;)
      once_spaced.erase(at, 6);
    EXPECT_EQ(words_of(spaced), words_of(once_spaced)) << title << " -> " << once;
  }
}

TEST(TitleFeed, ChangesNothingWhereAllIsOff) {
  for (std::string title : {"SALE!!! SHOES shoes 🔥", ""}) {
    const std::string before = title;
    EXPECT_EQ(apply_feed_rules({}, title), 0u);
    EXPECT_EQ(title, before);
  }
}

TEST(TitleFeed, IsAppliedToTheTitleAndNotToWhatStandsBeforeIt) {
  TitlePolicy policy;
  policy.format = TitleFormat::kPlain;
  policy.open = policy.close = "";
  policy.feed = all_fixed();
  const Prefix prefix{"SUPER SOFT!!!"};
  std::string out;
  Placed placed;
  FeedRuleMask fired = 0;
  rewrite_title("RUNNING SHOES!!!", {&prefix, 1}, policy, out, &placed, nullptr, &fired);
  EXPECT_EQ(out, "SUPER SOFT!!! Running Shoes!");
  EXPECT_EQ(fired, bit_of(FeedRule::kCapitals) | bit_of(FeedRule::kPunctuation));
}

}  // namespace
}  // namespace barker

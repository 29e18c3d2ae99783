#include "plugin/title_promotion.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace barker {
namespace {

// The title without the selling points that may leave it.
std::string without(std::string_view title, const std::vector<std::string>& points) {
  ComparisonText text, point;
  text.assign(title, NormalForm::Origins::kKept);
  std::vector<TitleCut> cuts;
  for (const std::string& p : points) {
    point.assign(p, NormalForm::Origins::kForgotten);
    const TitleCut cut = clean_cut(text, place_in_title(text, point), cuts);
    if (!cut.is_empty()) cuts.push_back(cut);
  }
  std::string out;
  for (size_t i = 0; i < title.size(); ++i) {
    if (std::ranges::none_of(cuts, [&](auto& c) { return i >= c.begin && i < c.end; })) {
      out += title[i];
    }
  }
  return out;
}

TEST(TitlePromotion, TakesSeparatorsAndSpacesWithIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"Shoes waterproof black", "Shoes black"},
      {"Waterproof shoes", "shoes"},
      {"Shoes waterproof", "Shoes"},
      {"Shoes, waterproof, black", "Shoes, black"},
      {"Shoes, waterproof", "Shoes"},
      {"Waterproof, black shoes", "black shoes"},
      {"Shoes / waterproof / black", "Shoes / black"},
      {"Shoes - waterproof", "Shoes"},
      {"Black waterproof, light shoes", "Black, light shoes"},
      {"Thing (waterproof black) kettle", "Thing (black) kettle"},
      {"Thing (black waterproof) kettle", "Thing (black) kettle"},
      {"Waterproof™ shoes", "shoes"},
      {"鞋，waterproof，黑色", "鞋，黑色"},
  };
  for (const auto& [title, rest] : cases) EXPECT_EQ(without(title, {"waterproof"}), rest) << title;
  EXPECT_EQ(without("加厚防水手机袋", {"防水"}), "加厚手机袋");
  EXPECT_EQ(without("s22防水手机袋", {"防水"}), "s22手机袋");
  EXPECT_EQ(without("s22防水手机袋", {"s22"}), "防水手机袋");
  EXPECT_EQ(without("s22防水5g手机袋", {"防水"}), "s22防水5g手机袋") << "s225g is another word";
  EXPECT_EQ(without("Shoes, light, waterproof", {"light", "waterproof"}), "Shoes");
  EXPECT_EQ(without("Waterproof light shoes", {"light", "waterproof"}), "shoes");
}

TEST(TitlePromotion, LeavesTitlesAloneThatWouldNotStayClean) {
  for (const char* title : {"Thing (waterproof) kettle",
                            "Thing【waterproof】kettle",
                            "Thing (waterproof, black)",
                            "Thing (black, waterproof)",
                            "Not waterproof kettle",
                            "Bag with waterproof zipper",
                            "Light and waterproof shoes",
                            "Waterproof and light shoes",
                            "Light & waterproof shoes",
                            "Leicht und waterproof",
                            "Features: waterproof",
                            "Waterproof",
                            "Bag \"waterproof\"",
                            "Non-waterproof bag",
                            "Waterproof-ish bag",
                            "Shoes, waterproof | black",
                            "★waterproof★",
                            "Waterproof. Shoes",
                            "Waterproof for kids",
                            "轻便和waterproof"}) {
    EXPECT_EQ(without(title, {"waterproof"}), title);
  }
  EXPECT_EQ(without("轻便和防水鞋", {"防水"}), "轻便和防水鞋");
  EXPECT_EQ(without("防水的鞋", {"防水"}), "防水的鞋");
  EXPECT_EQ(without("軽くて防水バッグ", {"防水"}), "軽くて防水バッグ");
  EXPECT_EQ(without("Gluten free. Shipping scale", {"free shipping"}),
            "Gluten free. Shipping scale");
  EXPECT_EQ(without("Thing (light waterproof)", {"light", "waterproof"}), "Thing (waterproof)");
}

TEST(TitlePromotion, LeavesWhatTheSentenceMayDeny) {
  const std::pair<const char*, const char*> cases[] = {
      {"Cream without parabens, alcohol", "alcohol"},
      {"Cream without parabens, silicone, added alcohol", "alcohol"},
      {"Cream without parabens / alcohol", "alcohol"},
      {"Cream free of parabens and added alcohol", "alcohol"},
      {"Cleanser 0% alcohol", "alcohol"},
      {"Cleanser alcohol 0%", "alcohol"},
      {"Does not contain any harmful added fragrance", "fragrance"},
      {"Creme ohne Parabene, Silikone, Alkohol", "alkohol"},
      {"Less waterproof shoes", "waterproof"},
      {"Hardly waterproof shoes", "waterproof"},
      {"洗面奶 无酒精防腐剂", "防腐剂"},
      {"洗面奶 无酒精、防腐剂", "防腐剂"},
      {"洗面奶 不含酒精和色素，防腐剂", "防腐剂"},
  };
  for (const auto& [title, point] : cases) EXPECT_EQ(without(title, {point}), title) << point;
  EXPECT_EQ(without("Never wet again! Waterproof shoes", {"waterproof"}), "Never wet again! shoes");
  EXPECT_EQ(without("Non-slip soft shoes for kids, waterproof", {"waterproof"}),
            "Non-slip soft shoes for kids");
  EXPECT_EQ(without("无线防水音箱", {"防水"}), "无线音箱");
}

// What must hold of any title, by script.
struct Alphabet {
  std::vector<std::string> words, between;
};

std::vector<char32_t> characters(std::string_view text) {
  std::vector<char32_t> out;
  for (int32_t i = 0; i < static_cast<int32_t>(text.size());) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, static_cast<int32_t>(text.size()), c);
    out.push_back(static_cast<char32_t>(c));
  }
  return out;
}

std::vector<std::string> sorted_words(const std::string& title) {
  std::vector<std::string> words;
  ComparisonText text;
  text.assign(title, NormalForm::Origins::kForgotten);
  std::string word;
  for (const char c : std::string(text.form()) + " ") {
    if (!is_between_words(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  std::ranges::sort(words);
  return words;
}

// Brackets as they open and close.
bool is_balanced(std::string_view title) {
  std::vector<char32_t> open;
  char32_t before = 0;
  for (const char32_t c : characters(title)) {
    const auto type = u_charType(static_cast<UChar32>(c));
    if (type == U_START_PUNCTUATION) open.push_back(c);
    if (type == U_END_PUNCTUATION) {
      if (open.empty() || before == open.back()) return false;  // never opened, or empty
      if (u_getBidiPairedBracket(static_cast<UChar32>(open.back())) != static_cast<UChar32>(c)) {
        return false;
      }
      open.pop_back();
    }
    if (c != U' ') before = c;
  }
  return open.empty();
}

bool has_doubled_separator(std::string_view title) {
  constexpr std::u32string_view kSeparators = U",;/|，、；｜،";
  bool behind_separator = true;  // at the beginning, too
  bool behind_space = true;
  for (const char32_t c : characters(title)) {
    if (c == U' ' && behind_space) return true;
    behind_space = c == U' ';
    if (behind_space) continue;
    const bool is_separator = kSeparators.find(c) != std::u32string_view::npos;
    if (is_separator && behind_separator) return true;
    behind_separator = is_separator;
  }
  return behind_separator || behind_space;
}

TEST(TitlePromotion, KeepsRandomTitlesCleanInThreeScripts) {
  const Alphabet latin{{"red", "shoe", "dry", "soft", "new", "bag", "top", "kids", "xl"},
                       {" ", " ", " ", ", ", " | ", " / ", "; ", " - "}};
  const Alphabet han{{"红色", "鞋", "防水", "加厚", "手机", "袋子", "学生", "usb"},
                     {" ", " ", "，", "、", "；", " ｜ ", " "}};
  const Alphabet arabic{{"حذاء", "أحمر", "جديد", "ناعم", "صغير", "حقيبة"}, {" ", " ", "، ", " | "}};
  std::mt19937 random(7);
  size_t moved = 0;
  for (const Alphabet& a : {latin, han, arabic}) {
    const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
    for (int round = 0; round < 4000; ++round) {
      std::string title = pick(a.words);
      std::optional<std::string> closing;
      for (size_t words = random() % 8 + 1; words > 0; --words) {
        if (closing && random() % 2) {
          title += *std::exchange(closing, std::nullopt);
          title += " " + pick(a.words);
        } else if (!closing && random() % 5 == 0) {
          const std::pair<const char*, const char*> brackets[] = {
              {" (", ")"}, {" 【", "】"}, {" [", "]"}};
          const auto [open, close] = brackets[random() % 3];
          title += open + pick(a.words);
          closing = close;
        } else {
          title += pick(a.between) + pick(a.words);
        }
      }
      if (closing) title += *closing;
      ASSERT_TRUE(is_balanced(title) && !has_doubled_separator(title)) << title;
      const std::vector<std::string> points = {pick(a.words), pick(a.words) + " " + pick(a.words),
                                               pick(a.words)};
      std::string whole;  // the moved selling points, then the rest
      ComparisonText text, point;
      text.assign(title, NormalForm::Origins::kKept);
      std::vector<TitleCut> cuts;
      for (const std::string& p : points) {
        point.assign(p, NormalForm::Origins::kForgotten);
        const TitleCut cut = clean_cut(text, place_in_title(text, point), cuts);
        if (cut.is_empty()) continue;
        cuts.push_back(cut);
        whole += p + " ; ";
      }
      const std::string rest = without(title, points);
      moved += !cuts.empty();
      EXPECT_TRUE(is_balanced(rest)) << title << " -> " << rest;
      EXPECT_FALSE(has_doubled_separator(rest)) << title << " -> " << rest;
      EXPECT_EQ(sorted_words(whole + rest), sorted_words(title)) << title << " -> " << rest;
    }
  }
  EXPECT_GT(moved, 2000u);
}

}  // namespace
}  // namespace barker

#include "index/matching/matching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "index/matching/matching_file.h"
#include "index/matching/synonyms.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/text/random_text.h"

namespace barker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

MatchingAnalyzer analyzer(const std::vector<std::string>& languages = {"en"}) {
  Result<MatchingAnalyzer> made = MatchingAnalyzer::create(languages);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return std::move(*made);
}

// Whether some form by which the query is searched is a form of the ad's.
bool finds(const MatchingAnalyzer& by, const std::string& query, const std::string& ad) {
  const MatchingForms asked = by.analyse(query, MatchingSide::kQuery);
  const MatchingForms has = by.analyse(ad, MatchingSide::kAd);
  const auto any_of = [](const std::vector<std::string>& words,
                         const std::vector<std::string>& in) {
    return std::ranges::any_of(
        words, [&](const std::string& w) { return std::ranges::find(in, w) != in.end(); });
  };
  for (const auto* words : {&asked.folded, &asked.parts, &asked.joined}) {
    if (any_of(*words, has.folded) || any_of(*words, has.parts) || any_of(*words, has.joined)) {
      return true;
    }
  }
  return false;
}

TEST(Matching, FoldsAllShapesOfASignToOneForm) {
  const MatchingAnalyzer english = analyzer();
  const auto expect_same = [&](const std::string& a, const std::string& b) {
    EXPECT_EQ(english.analyse(a, MatchingSide::kAd).folded,
              english.analyse(b, MatchingSide::kAd).folded)
        << a << " and " << b;
  };
  for (const char* apostrophe : {"’", "‘", "ʼ", "´", "＇"}) {
    expect_same("l'eau", std::string("l") + apostrophe + "eau");
  }
  for (const char* hyphen : {"\u2010", "\u2011", "\u2012", "\u2212", "\uFF0D"}) {
    expect_same("t-shirt", std::string("t") + hyphen + "shirt");
  }
  for (const char* sign : {"™", "®", "℠", "©"}) {
    expect_same("velcro tape", std::string("velcro") + sign + " tape");
  }
  expect_same("shampoo", "sham\u00ADpoo");
  expect_same("pipe 2 3/4 inch", "pipe 2¾ inch");
  expect_same("İzmir", "izmir");
}

TEST(Matching, FindsAWordInOtherEndingsAndPlurals) {
  const MatchingAnalyzer english = analyzer();
  for (const auto& [query, ad] : {std::pair{"kettles", "Kettle"},
                                  {"knives", "Knife"},
                                  {"woman", "Women’s"},
                                  {"mens", "Men's"},
                                  {"batteries", "Battery"}}) {
    EXPECT_TRUE(finds(english, query, ad)) << query;
  }
  EXPECT_FALSE(finds(english, "kettle", "Settle"));
}

TEST(Matching, StemsInTheLanguagesItIsGiven) {
  EXPECT_FALSE(finds(analyzer(), "чайники", "чайник"));
  EXPECT_TRUE(finds(analyzer({"en", "ru"}), "чайники", "чайник"));
  EXPECT_TRUE(finds(analyzer({"en", "de"}), "Häuser", "häusern"));
  EXPECT_TRUE(finds(analyzer({"en", "de"}), "kettles", "kettle"));
}

TEST(Matching, FindsModelNumbersTogetherAndApart) {
  const MatchingAnalyzer english = analyzer();
  for (const auto& [query, ad] : {std::pair{"wh1000xm4", "WH-1000XM4"},
                                  {"wh 1000xm4", "wh1000xm4"},
                                  {"wh-1000xm4", "WH 1000 XM4"},
                                  {"gsr12v", "Drill GSR 12V"},
                                  {"gsr 12v", "GSR12V-300 drill"},
                                  {"pixel8", "Pixel 8"},
                                  {"75 ml", "75ml"},
                                  {"75ml", "75 ml"}}) {
    EXPECT_TRUE(finds(english, query, ad)) << query;
  }
}

TEST(Matching, FindsThePartsOfJoinedWords) {
  const MatchingAnalyzer english = analyzer();
  for (const auto& [query, ad] : {std::pair{"iron", "cast-iron pan"},
                                  {"8k", "8K@30Hz cable"},
                                  {"dr scholl", "Dr.Scholl insole"},
                                  {"vinegar", "Oil&Vinegar set"},
                                  {"wi fi", "wifi"},
                                  {"t shirt", "T-Shirt"},
                                  {"1/4", "Bit 1/4 inch"},
                                  {"h&m", "H&M scarf"}}) {
    EXPECT_TRUE(finds(english, query, ad)) << query;
  }
  EXPECT_FALSE(finds(english, "she3ar75ul", "She")) << "a model is meant, not the letters in it";
  EXPECT_FALSE(finds(english, "65g", "6.5g"));
  EXPECT_THAT(english.analyse("H&M", MatchingSide::kAd).parts, IsEmpty())
      << "a letter alone says nothing";
}

TEST(Matching, JoinsNothingAcrossAClause) {
  const MatchingAnalyzer english = analyzer();
  EXPECT_THAT(english.analyse("gsr. 12v", MatchingSide::kAd).joined, IsEmpty());
  EXPECT_THAT(english.analyse("gsr 12v", MatchingSide::kAd).joined, ElementsAre("gsr12v"));
  EXPECT_THAT(english.analyse("red shoe", MatchingSide::kAd).joined, IsEmpty());
  EXPECT_THAT(english.analyse("red shoe", MatchingSide::kQuery).joined, ElementsAre("redsho"));
}

TEST(Matching, CutsWordsInHalvesOfThreeLettersOrMore) {
  using Halves = std::pair<std::string, std::string>;
  const MatchingAnalyzer english = analyzer();
  EXPECT_THAT(english.halves("tealight"),
              ElementsAre(Halves("tea", "light"), Halves("teal", "ight"), Halves("teali", "ght")));
  EXPECT_THAT(english.halves("shelf 1234567 雨伞雨伞雨伞"), IsEmpty());
  EXPECT_EQ(
      english
          .halves(std::string(30, 'a') + " " + std::string(30, 'b') + " " + std::string(30, 'c') +
                  " " + std::string(30, 'd') + " " + std::string(30, 'e'))
          .size(),
      MatchingAnalyzer::kMostHalves);
}

TEST(Matching, HasFewFormsOfAnyText) {
  const MatchingAnalyzer two = analyzer({"en", "fr"});
  std::mt19937 random(6);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text(random, 8);
    for (const MatchingSide side : {MatchingSide::kAd, MatchingSide::kQuery}) {
      const MatchingForms forms = two.analyse(text, side);
      EXPECT_LE(forms.folded.size(), 2 * (text.size() + 2));
      EXPECT_LE(forms.joined.size(), 4 * (text.size() + 2));
      for (const auto* all : {&forms.exact, &forms.folded, &forms.parts, &forms.joined}) {
        EXPECT_THAT(*all, Not(Contains(""))) << text;
      }
    }
  }
}

TEST(Matching, NamesTheLanguagesThatItKnows) {
  const auto refused = MatchingAnalyzer::create({"en", "xx"});
  EXPECT_THAT(refused.status().message(), AllOf(HasSubstr("found xx"), HasSubstr("de")));
  EXPECT_FALSE(MatchingAnalyzer::create({}).ok());
}

class SynonymsTest : public testing::Test {
 protected:
  Result<Synonyms> read(const std::string& text) {
    std::ofstream(path_) << text;
    return Synonyms::read(path_, analyzer_);
  }
  std::vector<std::string> widened(const Synonyms& synonyms, const std::string& query) {
    return synonyms.widen(analyzer_.analyse(query, MatchingSide::kQuery).folded);
  }

  const std::string path_ = temporary_path("synonyms.txt");
  const MatchingAnalyzer analyzer_ = analyzer();
};

TEST_F(SynonymsTest, FindEachOtherOrOneWay) {
  const auto synonyms = read("# screens\n\ntv, Television , telly\r\npants => trousers\n");
  ASSERT_TRUE(synonyms.ok()) << synonyms.status().message();
  EXPECT_THAT(widened(*synonyms, "TVs"), ElementsAre("televis", "telli"));
  EXPECT_THAT(widened(*synonyms, "oled television"), ElementsAre("tv", "telli"));
  EXPECT_THAT(widened(*synonyms, "pants"), ElementsAre("trouser"));
  EXPECT_THAT(widened(*synonyms, "trousers"), IsEmpty());
}

TEST_F(SynonymsTest, OfPhrasesNeedTheirWordsTogether) {
  const auto synonyms = read("tennis shoe, sneaker\n雨伞, umbrella\n");
  ASSERT_TRUE(synonyms.ok()) << synonyms.status().message();
  EXPECT_THAT(widened(*synonyms, "red tennis shoes"), ElementsAre("sneaker"));
  EXPECT_THAT(widened(*synonyms, "shoe tennis"), IsEmpty());
  EXPECT_THAT(widened(*synonyms, "sneakers"), ElementsAre("tenni", "shoe"));
  EXPECT_THAT(widened(*synonyms, "雨傘"), ElementsAre("umbrella"));
}

TEST_F(SynonymsTest, ThatAreMistakenNameTheirLine) {
  EXPECT_THAT(read("tv, telly\nalone\n").status().message(), HasSubstr(path_ + ":2: "));
  EXPECT_THAT(read("a,,b\n").status().message(), HasSubstr(":1: expected words"));
  EXPECT_THAT(read("=> b\n").status().message(), HasSubstr(":1: expected words"));
  EXPECT_THAT(Synonyms::read("/nowhere", analyzer_).status().message(), HasSubstr("/nowhere"));
}

TEST(MatchingRules, StandInTheIndexAndOthersAreRefused) {
  const std::string directory = temporary_path("rules");
  EXPECT_THAT(read_matching_rules(directory).status().message(), HasSubstr("barker index"));
  ASSERT_TRUE(write_matching_rules({{"de", "fr"}}, directory).ok());
  const auto rules = read_matching_rules(directory);
  ASSERT_TRUE(rules.ok()) << rules.status().message();
  EXPECT_THAT(rules->languages, ElementsAre("de", "fr"));
  std::ofstream(directory + "/matching.toml") << "scheme = 99\nlanguages = ['en']\n";
  EXPECT_THAT(read_matching_rules(directory).status().message(), HasSubstr("barker index"));
}

}  // namespace
}  // namespace barker

// The extension barker.rules/1, as a host meets it.
#include <gmock/gmock.h>

#include "models/text/keywords.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckRules : public Plugin {
 protected:
  CheckRules() { fill(3); }

  int32_t check(const std::string& toml) {
    lines_.clear();
    const auto add = [](void* lines, barker_string rule, uint64_t ads, uint64_t points) {
      static_cast<std::vector<std::string>*>(lines)->push_back(
          std::string(rule.data, rule.size) + ": " + std::to_string(ads) + " ads, " +
          std::to_string(points) + " selling points");
    };
    const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
    return rules.check_rules(view(toml), ads_.data(), ads_.size(), sizeof ads_[0], add, &lines_,
                             error_);
  }

  std::vector<std::string> lines_;
};

TEST_F(CheckRules, TellsWhatEachCovers) {
  ads_[1].merchant = view(merchants_[1]);
  ASSERT_EQ(check("merchants_off = ['m1']\n[[forbid]]\npattern = 'word1[01]'\n"), BARKER_OK)
      << error_;
  EXPECT_THAT(lines_, ElementsAre("merchants_off \"m1\": 1 ads, 0 selling points",
                                  "forbid \"word1[01]\": 3 ads, 6 selling points"));
}

TEST_F(CheckRules, SaysThatRulesAreWrongAsLoadingThemDoes) {
  EXPECT_EQ(check("off = 1"), BARKER_E_CONFIG);
  EXPECT_THAT(error_, HasSubstr("rules: line 1: off"));
  const std::string slow = std::string(60, 'a') + "b";
  points_[0].text = view(slow);
  EXPECT_EQ(check("[[forbid]]\npattern = '(a+)+$'\n"), BARKER_E_CONFIG);
  EXPECT_THAT(error_, HasSubstr("rules: forbid[0].pattern \"(a+)+$\": cannot be matched"));
  EXPECT_TRUE(lines_.empty());
}

TEST_F(CheckRules, RefusesArgumentsThatCannotBe) {
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  EXPECT_EQ(rules.check_rules({}, ads_.data(), 1, sizeof ads_[0], nullptr, nullptr, error_),
            BARKER_E_INVALID_ARGUMENT);
  ads_[2].title.size = BARKER_MAX_TEXT_SIZE + 1;
  EXPECT_EQ(check(""), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("ads[2]"));
}

class BlockRules : public Plugin {
 protected:
  BlockRules() { load(weights(1)); }

  int32_t load_rules(const std::string& toml) {
    const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
    return rules.load_rules(plugin_, view(toml), error_);
  }

  // The texts of the selling points that the ad at an index of the request got.
  std::vector<std::string> points_of(uint64_t ad) {
    std::vector<std::string> points;
    for (const barker_result_ad& result : results_) {
      if (result.ad != ad) continue;
      for (uint32_t k = 0; k < result.chosen_count; ++k) {
        points.push_back(point_texts_[result.chosen[k].index]);
      }
    }
    std::ranges::sort(points);
    return points;
  }

  void ask() {
    fill(3);
    ads_[1].merchant = view(merchants_[1]);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
  }
};

TEST_F(BlockRules, ForbidSellingPointsOfOneMerchantOrOneAdAlone) {
  make("[selling_points]\ncount = 3\n");
  load(weights(1));
  ASSERT_EQ(load_rules("[[block]]\nmerchant = ' M1 '\nexact = ['WORD10']\n"
                       "[[block]]\nad = 'word0 word1'\nexact = ['word11', 'word12']\n"),
            BARKER_OK)
      << error_;
  ask();
  EXPECT_THAT(points_of(0), ElementsAre("word10"));
  EXPECT_THAT(points_of(1), ElementsAre("word11", "word12"));
  EXPECT_THAT(points_of(2), ElementsAre("word10", "word11", "word12"));
}

TEST_F(BlockRules, FindWordsInsideOfSellingPoints) {
  make("[selling_points]\ncount = 3\n");
  load(weights(1));
  ASSERT_EQ(load_rules("[[block]]\nmerchant = 'm1'\ncontains = ['word1', 'WORD12']\n"), BARKER_OK)
      << error_;
  ask();
  EXPECT_THAT(points_of(1), ElementsAre("word10", "word11")) << "word1 is a part of these words";
}

TEST_F(BlockRules, StayInForceForWeightsThatAreLoadedLater) {
  make("[selling_points]\ncount = 3\n");
  ASSERT_EQ(load_rules("[[block]]\nmerchant = 'm1'\nexact = ['word10']\n"), BARKER_OK) << error_;
  load(weights(1));
  ask();
  EXPECT_THAT(points_of(1), ElementsAre("word11", "word12"));
  load(weights(2));
  ask();
  EXPECT_THAT(points_of(1), ElementsAre("word11", "word12"));
}

TEST_F(BlockRules, HoldForFingerprintsThatDoNotBelongToTheirTexts) {
  make("[selling_points]\ncount = 3\n");
  load(weights(1));
  ASSERT_EQ(load_rules("[[block]]\nmerchant = 'm1'\nexact = ['word10']\n"), BARKER_OK) << error_;
  fill(2);
  ads_[1].merchant = view(merchants_[1]);
  points_[0].fingerprint = keyword_fingerprint("word20");
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  EXPECT_THAT(points_of(1), ElementsAre("word11", "word12"));
}

TEST_F(BlockRules, AreRefusedWithLineAndKey) {
  const auto error_of = [&](const std::string& toml) {
    EXPECT_EQ(load_rules(toml), BARKER_E_CONFIG) << toml;
    return std::string(error_);
  };
  EXPECT_THAT(error_of("[[block]]\nexact = ['a']"), HasSubstr("either a merchant or an ad"));
  EXPECT_THAT(error_of("[[block]]\nmerchant = 'm'\nad = 'a'\nexact = ['a']"),
              HasSubstr("either a merchant or an ad"));
  EXPECT_THAT(error_of("[[block]]\nmerchant = 'm'"), HasSubstr("exact or contains"));
  EXPECT_THAT(error_of("[[block]]\nmerchant = 'm'\nexact = [' ']"),
              HasSubstr("line 3: block.exact: expected strings of more than spaces"));
  EXPECT_THAT(error_of("[[block]]\nmerchant = 'm'\nwords = ['a']"),
              HasSubstr("line 3: block.words"));
  EXPECT_THAT(error_of("[[block]]\nmerchant = ' '\nexact = ['a']"),
              HasSubstr("a name of more than spaces"));
  EXPECT_THAT(error_of("block = 1"), HasSubstr("[[block]] tables"));
}

TEST_F(CheckRules, CountsWhatBlocksCover) {
  ads_[1].merchant = view(merchants_[1]);
  ASSERT_EQ(check("[[block]]\nmerchant = 'm1'\nexact = ['word10', 'word11']\n"
                  "[[block]]\nad = 'nothing'\ncontains = ['word10']\n"),
            BARKER_OK)
      << error_;
  EXPECT_THAT(lines_, ElementsAre("block merchant \"m1\": 1 ads, 2 selling points",
                                  "block ad \"nothing\": 0 ads, 0 selling points"));
}

class ForbiddenKeywords : public Plugin {
 protected:
  ForbiddenKeywords() { fill(1); }

  // Which of the keywords may be shown for ads of a category, by the rules of a text.
  std::vector<std::string> allowed(const std::string& toml, const std::string& category = "") {
    const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
    EXPECT_EQ(rules.load_rules(plugin_, view(toml), error_), BARKER_OK) << error_;
    barker_request request = request_;
    request.ads = nullptr;
    request.ad_count = 0;
    barker_prepared_query* query = nullptr;
    EXPECT_EQ(prepared_.begin(plugin_, &request, &query, error_), BARKER_OK) << error_;
    std::vector<barker_string> texts;
    for (const std::string& keyword : keywords_) texts.push_back(view(keyword));
    const std::vector<barker_string> categories(texts.size(), view(category));
    std::vector<uint8_t> verdicts(texts.size(), 7);
    EXPECT_EQ(
        prepared_.forbidden(query, texts.data(), category.empty() ? nullptr : categories.data(),
                            texts.size(), verdicts.data(), error_),
        BARKER_OK)
        << error_;
    prepared_.end(query);
    std::vector<std::string> left;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (verdicts[i] == 0) left.push_back(keywords_[i]);
    }
    return left;
  }

  const barker_prepared& prepared_ =
      *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
  const std::vector<std::string> keywords_ = {"word10", "Word11", "never seen", "unheard of"};
};

TEST_F(ForbiddenKeywords, AreThoseThatAreNamedInAnySpelling) {
  for (int loaded = 0; loaded < 2; ++loaded) {
    EXPECT_EQ(allowed(""), keywords_);
    EXPECT_THAT(allowed("selling_points_off = ['WORD10', ' never  seen']"),
                ElementsAre("Word11", "unheard of"));
    load(weights(1));
  }
}

TEST_F(ForbiddenKeywords, AreThoseThatAPatternForbidsAndWhatTheModelDoesNotKnow) {
  load(weights(1));
  EXPECT_THAT(allowed("[[forbid]]\npattern = '11$'\n"), ElementsAre("word10"));
  const std::string toys = "[[forbid]]\npattern = '11$'\ncategory = 'toys'\n";
  EXPECT_EQ(allowed(toys), keywords_) << "they may be shown for some ads";
  EXPECT_EQ(allowed(toys, "home"), keywords_);
  EXPECT_THAT(allowed(toys, "Toys > Cars"), ElementsAre("word10"));
}

TEST_F(ForbiddenKeywords, AreAllWhereEverythingIsOff) {
  load(weights(1));
  EXPECT_THAT(allowed("off = true"), ElementsAre());
  EXPECT_EQ(allowed("merchants_off = ['m0']\n[[block]]\nmerchant = 'm0'\nexact = ['word10']\n"),
            keywords_)
      << "these are about titles";
}

TEST_F(ForbiddenKeywords, AreJudgedWithoutAQueryAndRefusedWhereTheyCannotBeRead) {
  load(weights(1));
  const auto queries = [this] {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    api().stats(plugin_, &stats);
    return stats.queries;
  };
  const uint64_t before = queries();
  allowed("");
  EXPECT_EQ(queries(), before);
  barker_prepared_query* query = nullptr;
  request_.ads = nullptr;
  request_.ad_count = 0;
  ASSERT_EQ(prepared_.begin(plugin_, &request_, &query, error_), BARKER_OK) << error_;
  const barker_string text = view(keywords_[0]);
  uint8_t verdict = 7;
  EXPECT_EQ(prepared_.forbidden(query, nullptr, nullptr, 1, &verdict, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(prepared_.forbidden(query, &text, nullptr, 1, nullptr, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(prepared_.forbidden(query, &text, nullptr, 1 << 20, &verdict, error_),
            BARKER_E_INVALID_ARGUMENT);
  const barker_string wrong = {nullptr, 3};
  EXPECT_EQ(prepared_.forbidden(query, &text, &wrong, 1, &verdict, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("categories[0]"));
  EXPECT_EQ(verdict, 7);
  prepared_.end(query);
}

}  // namespace
}  // namespace barker

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

}  // namespace
}  // namespace barker

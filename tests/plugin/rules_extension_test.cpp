// The extension barker.rules/1, as a host meets it.
#include <gmock/gmock.h>

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

}  // namespace
}  // namespace barker

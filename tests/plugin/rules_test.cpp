#include "plugin/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/weights/weight_file.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Which of these names are forbidden to ads of a category.
std::vector<std::string> forbidden(const std::string& toml, const std::vector<std::string>& names,
                                   const std::string& category = "") {
  ModelSpec model =
      random_model(1, {.keywords = static_cast<uint32_t>(names.size()), .features = 0});
  model.names = names;
  model.tensors.erase("dot.target.bias");
  const std::string path = temporary_path("rules.barker");
  const Status s = write_weight_file(model, path);
  EXPECT_TRUE(s.ok()) << s.message();
  const auto file = WeightFile::open(path).value();
  const auto rules = Rules::parse(toml);
  EXPECT_TRUE(rules.ok()) << rules.status().message();
  const auto masks = rules->match(file->vocabulary(), static_cast<uint32_t>(names.size()));
  EXPECT_TRUE(masks.ok()) << masks.status().message();
  std::vector<std::string> out;
  for (size_t row = 0; row < masks->size(); ++row) {
    if ((*masks)[row] & rules->of_category(category)) out.push_back(names[row]);
  }
  return out;
}

const std::vector<std::string> kNames = {"best seller", "bestial", "第一品牌", "free shipping",
                                         "补水"};

TEST(Rules, ForbidByPatternAndCategory) {
  EXPECT_THAT(forbidden("[[forbid]]\npattern = '\\bbest\\b|第一'", kNames),
              ::testing::ElementsAre("best seller", "第一品牌"));
  const std::string cosmetics = "[[forbid]]\npattern = '补水'\ncategory = 'cosmetics'";
  EXPECT_THAT(forbidden(cosmetics, kNames, "cosmetics"), ::testing::ElementsAre("补水"));
  EXPECT_THAT(forbidden(cosmetics, kNames, "shoes"), ::testing::IsEmpty());
}

TEST(Rules, CoverACategoryHoweverFeedsWriteItsPath) {
  const auto hits = [](const std::string& rule, const std::string& category) {
    const auto rules = Rules::parse("[[forbid]]\npattern = 'x'\ncategory = '" + rule + "'");
    EXPECT_TRUE(rules.ok()) << rules.status().message();
    return (rules->of_category(category) & RuleMask{2}) != 0;
  };
  for (const char* category :
       {"cosmetics", " Cosmetics ", "COSMETICS", "Beauty > Cosmetics > Masks", "Beauty/cosmetics",
        "Beauty | Cosmetics", "Beauty » Cosmetics", "Beauty &gt; Cosmetics", "Ｃosmetics"}) {
    EXPECT_TRUE(hits("cosmetics", category)) << category;
    EXPECT_TRUE(hits(" Cosmetics", category)) << category;
  }
  for (const char* category : {"", "Cosmetics bags", "Beauty", "Beauty > Skin"}) {
    EXPECT_FALSE(hits("cosmetics", category)) << category;
  }
  EXPECT_TRUE(hits("Health &amp; Beauty", "home > health & beauty"));
  EXPECT_TRUE(hits("beauty/cosmetics", "All > Beauty > Cosmetics > Masks"));
  EXPECT_FALSE(hits("beauty/masks", "All > Beauty > Cosmetics > Masks"));
}

TEST(Rules, SwitchMerchantsOffInAnyCase) {
  const auto rules = Rules::parse("merchants_off = ['m17', 'Smith &amp; Sons']");
  ASSERT_TRUE(rules.ok());
  for (const char* merchant :
       {"m17", " M17", "M17\t", "Ｍ17", "smith & sons", "SMITH &amp; SONS"}) {
    EXPECT_TRUE(rules->is_merchant_off(merchant)) << merchant;
  }
  EXPECT_FALSE(rules->is_merchant_off("m 17"));
}

TEST(Rules, SwitchSellingPointsOffInAnySpelling) {
  EXPECT_THAT(forbidden("selling_points_off = ['Free  SHIPPING']", kNames),
              ::testing::ElementsAre("free shipping"));
}

TEST(Rules, SwitchMerchantsAndEverythingOff) {
  const auto rules = Rules::parse("off = true\nmerchants_off = ['m1', '商家']");
  ASSERT_TRUE(rules.ok());
  EXPECT_TRUE(rules->off);
  EXPECT_TRUE(rules->is_merchant_off("商家"));
  EXPECT_FALSE(rules->is_merchant_off("m2"));
  EXPECT_FALSE(Rules().is_merchant_off("m1"));
}

TEST(RulesCheck, CountsWhatEachRuleCovers) {
  const auto rules = Rules::parse(
      "merchants_off = ['M17', 'nobody']\n"
      "selling_points_off = ['Free Shipping']\n"
      "[[forbid]]\npattern = 'proof'\ncategory = 'shoes'\n"
      "[[forbid]]\npattern = 'never'\n");
  ASSERT_TRUE(rules.ok()) << rules.status().message();
  auto check = RulesCheck::create(*rules);
  ASSERT_TRUE(check.ok()) << check.status().message();
  EXPECT_TRUE(
      check->add("a1", "m17", "Sport > Shoes", {"Waterproof", "windproof", "free  shipping"}).ok());
  EXPECT_TRUE(
      check->add("a2", "m2", "hats", {"waterproof", "free shipping", "FREE SHIPPING"}).ok());
  std::vector<std::string> lines;
  for (const RulesCheck::Hits& hits : check->hits()) {
    lines.push_back(hits.rule + ": " + std::to_string(hits.ads) + " ads, " +
                    std::to_string(hits.selling_points));
  }
  EXPECT_THAT(lines,
              ElementsAre("merchants_off \"M17\": 1 ads, 0", "merchants_off \"nobody\": 0 ads, 0",
                          "selling_points_off \"Free Shipping\": 2 ads, 3",
                          "forbid \"proof\" in \"shoes\": 1 ads, 2", "forbid \"never\": 0 ads, 0"));
}

TEST(Rules, DecodeCharacterReferencesOnce) {
  const auto rules = Rules::parse("merchants_off = ['A&amp;B']");
  ASSERT_TRUE(rules.ok());
  EXPECT_TRUE(rules->is_merchant_off("a&b"));
  EXPECT_FALSE(rules->is_merchant_off("a&amp;amp;b"));
}

TEST(Rules, NameTheLineOfWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"\noff = 1", "line 2: off"},
      {"of = true", "line 1: of"},
      {"merchants_off = 'm1'", "a list"},
      {"merchants_off = ['']", "not empty"},
      {"merchants_off = ['m1', ' ']", "line 1: merchants_off: expected names"},
      {"merchants_off = ['™']", "merchants_off: expected names"},
      {"merchants_off = ['&nbsp;']", "merchants_off: expected names"},
      {"\nselling_points_off = [' \t']", "line 2: selling_points_off: expected names"},
      {"[[forbid]]\npattern = '('", "line 1: forbid.pattern"},
      {"[[forbid]]\ncategory = 'c'", "a pattern"},
      {"[[forbid]]\npattern = 'a'\ncategory = ' > '", "line 1: forbid.category"},
      {"[[forbid]]\npattern = 'a'\npatern = 'b'", "line 3"},
      {"forbid = 3", "[[forbid]]"},
      {"off = ", "line 1"},
  };
  for (const auto& [toml, message] : wrong) {
    EXPECT_THAT(Rules::parse(toml).status().message(), HasSubstr(message)) << toml;
  }
  std::string many;
  for (int i = 0; i < 64; ++i) many += "[[forbid]]\npattern = 'x'\n";
  EXPECT_THAT(Rules::parse(many).status().message(), HasSubstr("at most 63"));
}

TEST(Rules, RefuseAPatternThatNeverEnds) {
  const auto rules = Rules::parse("[[forbid]]\npattern = '(a+)+$'");
  ASSERT_TRUE(rules.ok());
  ModelSpec model = random_model(1, {.keywords = 1, .features = 0});
  model.names = {std::string(60, 'a').append("b")};
  const std::string path = temporary_path("slow.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  const auto file = WeightFile::open(path).value();
  EXPECT_THAT(rules->match(file->vocabulary(), 1).status().message(), HasSubstr("(a+)+$"));
  EXPECT_THAT(Rules::parse("[[forbid]]\npattern = 'a'")
                  ->match(file->vocabulary(), 1, std::chrono::milliseconds(0))
                  .status()
                  .message(),
              HasSubstr("takes more than 0 ms"));
}

}  // namespace
}  // namespace barker

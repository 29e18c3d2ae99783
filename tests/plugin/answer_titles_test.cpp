// Which selling points the plugin puts before titles, and which it never does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>

#include "models/text/fingerprint.h"
#include "models/text/keywords.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST_F(Plugin, PromotesTheRightBytesOfATitleThatIsNotUtf8) {
  make("[title]\nformat = 'plain'\n[selling_points]\ncount = 1\nduplicates = 'promote'\n");
  load(weights(1));
  fill(1);
  const std::string invalid = "\xFF word10 bag";
  ads_[0].title = view(invalid);
  ads_[0].title_keywords = nullptr;
  ads_[0].selling_point_count = 1;  // word10
  ASSERT_EQ(rescore(), BARKER_OK);
  ASSERT_EQ(results_[0].chosen_count, 1u);
  EXPECT_EQ(results_[0].chosen[0].promoted, 1u);
  EXPECT_EQ(title(0), "word10 \xEF\xBF\xBD bag");
}

TEST_F(Plugin, ForbidsAClaimUnderTheFingerprintOfAnother) {
  load(weights(1));
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string claim = "BEST of all";
  const auto shown = [&] {
    fill(3);
    points_[0].text = view(claim);  // under the fingerprint of word10
    points_[0].fingerprint = keyword_fingerprint("word10");
    for (size_t p = 1; p < points_.size(); ++p) points_[p] = points_[0];
    EXPECT_EQ(rescore(), BARKER_OK);
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
    size_t count = 0;
    for (const barker_result_ad& r : results_) count += r.chosen_count;
    return count;
  };
  EXPECT_GT(shown(), 0u) << "without rules a fingerprint is believed";
  ASSERT_EQ(rules.load_rules(plugin_, view(std::string("[[forbid]]\npattern = 'best'\n")), error_),
            BARKER_OK);
  EXPECT_EQ(shown(), 0u);
}

TEST_F(Plugin, LeavesAnOptedOutTitleAlone) {
  load(weights(2));
  fill(5);
  for (barker_ad& ad : ads_) ad.flags = BARKER_AD_OPT_OUT;
  ASSERT_EQ(rescore(), BARKER_OK);
  for (size_t rank = 0; rank < 5; ++rank) EXPECT_EQ(title(rank), titles_[results_[rank].ad]);
}

TEST_F(Plugin, NeverShowsASellingPointThatCannotBeSeen) {
  load(weights(1));
  fill(3);
  for (barker_selling_point& point : points_)
    point.fingerprint = fingerprint(std::string(point.text.data, point.text.size));
  const std::string invisible = "\u200B\u202E";
  points_[0].text = {nullptr, 0};
  points_[1].text = view(invisible);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  for (size_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(title(rank).find("<em></em>"), std::string::npos) << title(rank);
    for (uint32_t k = 0; k < results_[rank].chosen_count; ++k)
      EXPECT_GE(results_[rank].chosen[k].index, 2u);
  }
}

// The model knows each of the spellings, and its random weights keep them apart, so that nothing
// but their words tells that they say the same.
TEST_F(Plugin, ShowsOneSpellingOfASellingPointAtMost) {
  const std::vector<std::vector<std::string>> same = {
      {"Wi-Fi", "WiFi", "wi‑fi™"},
      {"free shipping", "Free-Shipping", "FREE  SHIPPING!"},
      {"anti-slip", "AntiSlip", "ａｎｔｉ slip"},
      {"men's", "mens", "Men’s"},
      {"防水 袋", "防水袋", "防水-袋"}};
  for (const std::vector<std::string>& spellings : same) {
    std::set<std::string> names;
    for (const std::string& spelling : spellings) names.insert(normalize_keyword(spelling));
    ASSERT_GT(names.size(), 1u) << spellings[0] << ": one keyword, so that this proves nothing";
    for (uint64_t seed = 1; seed <= 8; ++seed) {
      ModelSpec model = random_model(seed);
      model.golden.clear();  // they name the keywords that are renamed
      size_t row = 20;
      for (const std::string& name : names) model.names[row++] = name;
      const std::string path = temporary_path("spellings.barker");
      ASSERT_TRUE(write_weight_file(model, path).ok());
      for (const char* duplicates : {"skip", "promote"}) {
        make("[selling_points]\ncount = 3\nmaximum_cosine = 1.0\nduplicates = '" +
             std::string(duplicates) + "'\n");
        load(path);
        point_texts_ = spellings;
        point_texts_.push_back("word30");
        fill(10);
        ASSERT_EQ(rescore(), BARKER_OK) << error_;
        ASSERT_EQ(response_.status, BARKER_STATUS_RESCORED);
        for (const barker_result_ad& ad : results_) {
          const auto shown = std::ranges::count_if(
              std::span(ad.chosen, ad.chosen_count),
              [&](const barker_chosen& chosen) { return chosen.index < spellings.size(); });
          EXPECT_EQ(shown, 1) << spellings[0] << ", seed " << seed;
          EXPECT_EQ(ad.chosen_count, 2u) << "the other selling point is shown beside it";
        }
      }
      std::filesystem::remove(path);
    }
  }
}

TEST_F(Plugin, ObeysRulesFromTheNextQueryOn) {
  const auto* rules = static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  ASSERT_TRUE(rules);
  const auto obey = [&](const std::string& toml) {
    ASSERT_EQ(rules->load_rules(plugin_, view(toml), error_), BARKER_OK) << error_;
    fill(6);
    for (size_t i = 0; i < 6; ++i) ads_[i].merchant = view(i % 2 ? merchants_[1] : merchants_[0]);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
  };
  const auto shown = [&](const std::string& point) {
    size_t count = 0;
    for (const barker_result_ad& ad : results_) {
      for (uint32_t k = 0; k < ad.chosen_count; ++k) {
        count += point_texts_[ad.chosen[k].index] == point;
      }
    }
    return count;
  };
  load(weights(50));
  obey("");
  const std::string best = point_texts_[results_[0].chosen[0].index];
  EXPECT_EQ(shown(best), 6u);
  obey("selling_points_off = ['" + best + "']");
  EXPECT_EQ(shown(best), 0u);
  EXPECT_EQ(results_[0].chosen_count, 2u);  // others take its place
  obey("[[forbid]]\npattern = '" + best + "'");
  EXPECT_EQ(shown(best), 0u);
  obey("merchants_off = ['" + merchants_[1] + "']");
  EXPECT_EQ(shown(best), 3u);
  obey("off = true");
  EXPECT_EQ(response_.reason, BARKER_REASON_DISABLED);
  EXPECT_EQ(shown(best), 0u);
  // A wrong text leaves the rules before in force; other weights obey them, too.
  EXPECT_EQ(rules->load_rules(plugin_, view(std::string("of = true")), error_), BARKER_E_CONFIG);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_DISABLED);
  obey("[[forbid]]\npattern = 'word1[0-9]'");
  load(weights(51));
  ASSERT_EQ(rescore(), BARKER_OK);
  for (const barker_result_ad& ad : results_) EXPECT_EQ(ad.chosen_count, 0u);
  ASSERT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_OK);
  ASSERT_EQ(rescore(), BARKER_OK);
  for (const barker_result_ad& ad : results_) EXPECT_EQ(ad.chosen_count, 0u);
}

TEST_F(Plugin, ExplainsEverySellingPoint) {
  load(weights(9));
  fill(2);
  const auto* explain = static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  barker_string json{};
  ASSERT_EQ(explain->explain(plugin_, &request_, &json, error_), BARKER_OK) << error_;
  const std::string text(json.data, json.size);
  explain->release(json);
  EXPECT_THAT(text, HasSubstr("unknown to the model"));
  EXPECT_THAT(text, HasSubstr("attention"));
}
}  // namespace
}  // namespace barker

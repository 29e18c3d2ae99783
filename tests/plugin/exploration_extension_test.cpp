// Selling points that are drawn, and the probabilities that are said of them, as a host meets them.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/plugin/experiments_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST_F(ExperimentsExtension, ShowsRandomSellingPointsWithTheProbabilityThatIsSaid) {
  point_texts_ = {"word10", "word11", "word12", "word13", "never seen"};
  ASSERT_EQ(load_arm("choose_by = \"random\"\nselling_points = 2"), BARKER_OK) << error_;
  const std::string other = user_of("other");
  constexpr int kDraws = 20'000;
  std::map<std::set<uint32_t>, double> shown, said;
  for (int i = 1; i <= kDraws; ++i) {
    ask_as(other, 1, static_cast<uint64_t>(i));
    EXPECT_EQ(response_.explored, 1u);
    const std::vector<uint32_t> points = chosen(0);
    const std::set<uint32_t> set(points.begin(), points.end());
    shown[set] += 1.0 / kDraws;
    said[set] = results_[0].propensity;
  }
  double sum = 0;
  for (const auto& [set, share] : shown) {
    EXPECT_NEAR(share, said[set], 5 * std::sqrt(said[set] / kDraws));
    sum += said[set];
  }
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_EQ(shown.size(), 10u) << "two of five, the one that the model never saw among them";
}

TEST_F(ExperimentsExtension, MixesExplorationWithTheBestChoice) {
  for (const std::string by : {"uniform", "thompson"}) {
    ASSERT_EQ(load_arm("explore_share = 0.4\nexplore_by = \"" + by + "\"\nselling_points = 1"),
              BARKER_OK)
        << error_;
    const std::string other = user_of("other");
    constexpr int kDraws = 20'000;
    std::map<uint32_t, double> shown, said;
    double explored = 0;
    for (int i = 1; i <= kDraws; ++i) {
      ask_as(other, 1, static_cast<uint64_t>(i));
      ASSERT_EQ(results_[0].chosen_count, 1u);
      explored += response_.explored;
      shown[results_[0].chosen[0].index] += 1;
      said[results_[0].chosen[0].index] += results_[0].propensity;
    }
    EXPECT_NEAR(explored / kDraws, 0.4, 0.02);
    for (const auto& [point, count] : shown) {
      const double share = count / kDraws, mean = said[point] / count;
      EXPECT_NEAR(share, mean, 5 * std::sqrt(mean / kDraws) + 0.003) << by << " " << point;
    }
  }
}

TEST_F(ExperimentsExtension, BelieveOfWhatTheModelNeverSawTheMeanOfItsCategory) {
  point_texts_ = {"word10", "never seen", "word11"};
  ASSERT_EQ(load_arm("explore_share = 1\nexplore_by = \"thompson\"\nselling_points = 3"), BARKER_OK)
      << error_;
  const std::string other = user_of("other");
  // The logits of all three, where each of two ads has one that is known and the unknown one. Those
  // of the unknown one come by ad.
  const auto ask = [&](const std::string& first, const std::string& second) {
    fill(2);
    const std::string categories[] = {first, second};
    for (size_t i = 0; i < 2; ++i) {
      ads_[i].category = view(categories[i]);
      ads_[i].selling_points = &points_[i];
      ads_[i].selling_point_count = 2;
    }
    request_.user = view(other);
    EXPECT_EQ(rescore(), BARKER_OK) << error_;
    std::map<std::string, double> logits;
    for (const barker_result_ad& ad : results_) {
      EXPECT_EQ(ad.chosen_count, 2u);
      for (uint32_t k = 0; k < ad.chosen_count; ++k) {
        const std::string& text = point_texts_[ad.ad + ad.chosen[k].index];
        const double p = ad.chosen[k].score;
        logits[text == "never seen" ? text + std::to_string(ad.ad) : text] = std::log(p / (1 - p));
      }
    }
    return logits;
  };
  auto logits = ask("shoes", "hats");
  EXPECT_GT(std::abs(logits["word10"] - logits["word11"]), 0.01);
  EXPECT_NEAR(logits["never seen0"], logits["word10"], 1e-4);
  EXPECT_NEAR(logits["never seen1"], logits["word11"], 1e-4);
  logits = ask("shoes", "shoes");
  EXPECT_NEAR(logits["never seen0"], (logits["word10"] + logits["word11"]) / 2, 1e-4);
  EXPECT_NEAR(logits["never seen1"], logits["never seen0"], 1e-6);
}

TEST_F(ExperimentsExtension, DrawsTheSameForTheSameSeedAndOthersWithout) {
  ASSERT_EQ(load_arm("choose_by = \"random\"\nselling_points = 2"), BARKER_OK);
  const std::string other = user_of("other");
  ask_as(other, 6, 77);
  const std::vector<std::string> first = titles();
  ask_as(other, 6, 77);
  EXPECT_EQ(titles(), first);
  std::set<std::vector<std::string>> without;
  for (int i = 0; i < 40; ++i) {
    ask_as(other);
    without.insert(titles());
  }
  EXPECT_GT(without.size(), 3u);
}

TEST_F(ExperimentsExtension, ExplainWhatWasChosenAndNotWhatAProbabilityWasEstimatedBy) {
  load(rated_weights("word1"));  // with little evidence, so that draws change the order
  ASSERT_EQ(load_arm("explore_share = 0.4\nexplore_by = \"thompson\"\nselling_points = 1"),
            BARKER_OK);
  const std::string other = user_of("other");
  const auto* explain = static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  bool saw[2] = {};
  for (uint64_t seed = 1; seed < 100; ++seed) {
    fill(6);
    request_.user = view(other);
    request_.seed = seed;
    barker_string json{};
    ASSERT_EQ(explain->rescore(plugin_, &request_, &response_, &json, error_), BARKER_OK);
    const std::string text(json.data, json.size);
    explain->release(json);
    saw[response_.explored] = true;
    EXPECT_THAT(text, testing::Not(HasSubstr("did not fit"))) << seed;
  }
  EXPECT_TRUE(saw[0] && saw[1]);
}

TEST_F(ExperimentsExtension, NeverDrawsWhatARuleForbids) {
  const auto* rules = static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string toml =
      "selling_points_off = [\"word10\", \"never seen\"]\n[[forbid]]\npattern = \"word11\"\n";
  ASSERT_EQ(rules->load_rules(plugin_, view(toml), error_), BARKER_OK) << error_;
  ASSERT_EQ(load_arm("choose_by = \"random\"\nselling_points = 3"), BARKER_OK);
  const std::string other = user_of("other");
  for (uint64_t seed = 1; seed < 200; ++seed) {
    ask_as(other, 1, seed);
    EXPECT_EQ(chosen(0), std::vector<uint32_t>{2});
    EXPECT_EQ(results_[0].propensity, 1);
  }
}
}  // namespace
}  // namespace barker

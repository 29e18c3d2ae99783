#include "models/evaluate/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "models/evaluate/gate.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// 300 users in two categories, four SFs a search.
InstanceTable table(uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  InstanceTable t;
  t.users = 300;
  t.categories = {"", "shoes", "<b>cream</b>"};
  for (uint32_t u = 0; u < t.users; ++u) {
    t.main_clicks.push_back(static_cast<uint32_t>(random() % 14));
    t.aux_clicks.push_back(static_cast<uint32_t>(random() % 44));
  }
  for (uint32_t s = 0; s < 3000; ++s) {
    const auto user = static_cast<uint32_t>(random() % 300);
    for (int i = 0; i < 4; ++i) {
      const auto p = static_cast<float>(random() % 1000) / 1000;
      t.user.push_back(user);
      t.search.push_back(s);
      t.category.push_back(1 + s % 2);
      t.keyword.push_back(static_cast<uint32_t>(random() % 50));
      t.truth.push_back(p);
      t.clicked.push_back(static_cast<float>(random() % 1000) / 1000 < p);
    }
  }
  return t;
}

std::vector<float> noisy(const InstanceTable& t, double noise, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> out;
  for (const float p : t.truth) {
    const double u = static_cast<double>(random() % 1000) / 1000;
    out.push_back(static_cast<float>((1 - noise) * p + noise * u));
  }
  return out;
}

TEST(Evaluate, JudgesBinsCategoriesAndTheTruth) {
  const InstanceTable test = table(), validation = table(2), none;
  const Evaluation e = evaluate({test,
                                 validation,
                                 none,
                                 {{"bad", noisy(test, 0.8, 3), noisy(validation, 0.8, 4), {}},
                                  {"good", noisy(test, 0.2, 5), noisy(validation, 0.2, 6), {}}},
                                 50,
                                 1});
  ASSERT_EQ(e.models.size(), 3u);
  EXPECT_EQ(e.models[2].name, "true probability");
  EXPECT_LT(e.models[0].auc.value, e.models[1].auc.value);
  EXPECT_LT(e.models[1].auc.value, e.models[2].auc.value);
  EXPECT_GT(e.models[1].above_first.low, 0);
  uint64_t in_bins = 0;
  for (const SliceAuc& bin : e.models[0].bins) {
    in_bins += bin.instances;
    EXPECT_LE(bin.auc.low, bin.auc.value);
    EXPECT_GE(bin.auc.high, bin.auc.value);
  }
  EXPECT_EQ(in_bins, test.size());
  EXPECT_EQ(e.models[0].categories.size(), 2u);
  EXPECT_EQ(e.models[0].unknown.instances, 0u);
  EXPECT_LT(e.models[2].calibration_error, 0.03);
}

TEST(Evaluate, WritesTextJsonAndHtmlThatEscape) {
  const InstanceTable test = table(), none;
  const Evaluation e = evaluate(
      {test, none, none, {{"<script>alert(1)</script>", noisy(test, 0.5, 3), {}, {}}}, 20, 1});
  EXPECT_THAT(to_text(e), HasSubstr("AUC by the users' clicks"));
  const auto json = nlohmann::json::parse(to_json(e));
  EXPECT_EQ(json["models"][0]["top_k"].size(), kMaxK);
  EXPECT_TRUE(json["models"][0]["unknown_keywords"]["value"].is_null());
  const std::string html = to_html(e);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b>cream")));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;cream"));
  EXPECT_THAT(html, Not(HasSubstr("http")));
}

TEST(Evaluate, OfNothingSaysSo) {
  const InstanceTable none;
  const Evaluation e = evaluate({none, none, none, {{"m", {}, {}, {}}}, 20, 1});
  EXPECT_TRUE(std::isnan(e.models[0].auc.value));
  EXPECT_THAT(to_text(e), HasSubstr("0 instances"));
  EXPECT_FALSE(to_html(e).empty());
  EXPECT_TRUE(nlohmann::json::parse(to_json(e))["models"][0]["auc"]["value"].is_null());
}

TEST(Gate, PassesAnEqualAndABetterModel) {
  const InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.5, 3);
  EXPECT_TRUE(passes(gate(test, current, current, {})));
  EXPECT_TRUE(passes(gate(test, noisy(test, 0.1, 4), current, {})));
}

TEST(Gate, RefusesWhatIsWorseAndNamesWhere) {
  const InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.2, 3);
  EXPECT_FALSE(passes(gate(test, noisy(test, 0.6, 4), current, {})));
  // Worse in one category, better in the other: the total hides it.
  const std::vector<float> worse = noisy(test, 0.5, 5), better = noisy(test, 0.0, 6);
  std::vector<float> mixed;
  for (size_t i = 0; i < test.size(); ++i)
    mixed.push_back(test.category[i] == 1 ? worse[i] : better[i]);
  const auto findings = gate(test, mixed, current, {});
  EXPECT_THAT(to_text(findings), HasSubstr("REFUSED AUC                category shoes"));
  EXPECT_THAT(to_text(findings), HasSubstr("ok      AUC                category <b>cream</b>"));
}

TEST(Gate, RefusesProbabilitiesThatLie) {
  const InstanceTable test = table();
  std::vector<float> squashed = test.truth;
  for (float& p : squashed) p = 0.3f + 0.1f * p;  // the same order, so the same AUC
  const auto findings = gate(test, squashed, test.truth, {});
  EXPECT_FALSE(passes(findings));
  EXPECT_THAT(to_text(findings), HasSubstr("REFUSED calibration error"));
  EXPECT_THAT(to_text(findings), HasSubstr("ok      AUC                all"));
}

}  // namespace
}  // namespace barker

#include "models/evaluate/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "models/evaluate/gate.h"
#include "tests/models/evaluate/random_instances.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST(Evaluate, JudgesClickBinsCategoriesAndTheTrueProbability) {
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

TEST(Evaluate, EscapesNamesInJsonAndHtml) {
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

TEST(Evaluate, ReportsThatThereAreNoInstances) {
  const InstanceTable none;
  const Evaluation e = evaluate({none, none, none, {{"m", {}, {}, {}}}, 20, 1});
  EXPECT_TRUE(std::isnan(e.models[0].auc.value));
  EXPECT_THAT(to_text(e), HasSubstr("0 instances"));
  EXPECT_FALSE(to_html(e).empty());
  EXPECT_TRUE(nlohmann::json::parse(to_json(e))["models"][0]["auc"]["value"].is_null());
}

// Where it is not installed, the locale is compiled into a directory of its own.
bool use_german_locale() {
  if (setlocale(LC_ALL, "de_DE.UTF-8")) return true;
  const std::string directory = temporary_path("locale");
  std::filesystem::create_directories(directory);
  const std::string make = "localedef -i de_DE -f UTF-8 " + directory + "/de_DE.UTF-8 2>/dev/null";
  const bool made = std::system(make.c_str()) == 0;
  setenv("LOCPATH", directory.c_str(), 1);
  const bool used = made && setlocale(LC_ALL, "de_DE.UTF-8");
  unsetenv("LOCPATH");
  std::filesystem::remove_all(directory);
  return used;
}

// Some locales write a comma for the decimal point. JSON and SVG must not.
TEST(Evaluate, WritesTheSameInEveryLocale) {
  const InstanceTable test = table(), none;
  const std::vector<float> current = noisy(test, 0.5, 3);
  const Evaluation e = evaluate({test, none, none, {{"m", current, {}, {}}}, 20, 1});
  const GateModel worse{.main = noisy(test, 0.6, 4)}, serving{.main = current};
  const GateReport findings = gate({test, none, worse, serving}, {});
  const std::string before = to_text(e) + to_json(e) + to_html(e) + to_text(findings);
  const std::string kept = setlocale(LC_ALL, nullptr);
  if (!use_german_locale()) GTEST_SKIP() << "the German locale can neither be found nor be made";
  const std::string after = to_text(e) + to_json(e) + to_html(e) + to_text(findings);
  setlocale(LC_ALL, kept.c_str());
  EXPECT_EQ(before, after);
}

TEST(Evaluate, DrawsNoListLongerThanTheLongestBar) {
  const InstanceTable test = table(), none;
  Evaluation e = evaluate({test, none, none, {{"m", noisy(test, 0.5, 3), {}, {}}}, 20, 1});
  EXPECT_EQ(e.longest_bar, 4u);
  EXPECT_THAT(to_html(e), HasSubstr(">precision at 3<"));
  EXPECT_THAT(to_html(e), Not(HasSubstr(">precision at 10<")));
  EXPECT_THAT(to_html(e), HasSubstr("y='236.0'>4</text>")) << "a tick of K";
  EXPECT_THAT(to_html(e), Not(HasSubstr("y='236.0'>5</text>")));
  EXPECT_THAT(to_text(e), Not(HasSubstr("\n                    5 ")));
  e.longest_bar = 12;
  EXPECT_THAT(to_html(e), HasSubstr(">precision at 10<"));
  EXPECT_THAT(to_html(e), HasSubstr("y='236.0'>10</text>"));
}

// The paper's row of DMP-DGBM: with a recall of .675, no precision gives an F1 above .806.
TEST(Evaluate, PrintsNoDecisionsThatCannotBe) {
  const InstanceTable test = table(), none;
  Evaluation e = evaluate({test, none, none, {{"m", noisy(test, 0.5, 3), {}, {}}}, 20, 1});
  e.models[0].decisions = {0.5, 0.675, 0.857, 0.857, 0.882};
  const auto f1 = [&] { return nlohmann::json::parse(to_json(e))["models"][0]["decisions"]["f1"]; };
  EXPECT_TRUE(f1().is_null());
  for (const std::string& report : {to_text(e), to_html(e)}) {
    EXPECT_THAT(report, Not(HasSubstr("0.8820")));
  }
  e.models[0].decisions.f1 = 0.755;
  EXPECT_EQ(f1(), 0.755);
  for (const std::string& report : {to_text(e), to_html(e)}) {
    EXPECT_THAT(report, HasSubstr("0.7550"));
  }
}

TEST(Evaluate, ReportsPredictionsThatAreNotNumbers) {
  const InstanceTable test = table(), none;
  std::vector<float> broken = noisy(test, 0.5, 3);
  broken[7] = NAN;
  const Evaluation e = evaluate({test, none, none, {{"broken", broken, {}, {}}}, 20, 1});
  EXPECT_TRUE(std::isnan(e.models[0].auc.value));
  EXPECT_TRUE(nlohmann::json::parse(to_json(e))["models"][0]["log_loss"].is_null());
  EXPECT_FALSE(to_html(e).empty());
}

}  // namespace
}  // namespace barker

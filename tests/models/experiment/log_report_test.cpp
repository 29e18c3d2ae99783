// Experiments in event logs of a world with known truth. Periods and guardrails have files of their
// own.
#include "models/experiment/log_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/models/experiment/log_world.h"

namespace barker {
namespace {

TEST(ExperimentLogReport, FindsALiftThatIsThereAndCutsItsIntervalByWhatUsersDidBefore) {
  LogWorld world;
  world.lift = .5;
  const ExperimentLogReport report = report_of(world);
  ASSERT_EQ(report.experiments.size(), 2u);
  const ExperimentReport& points = report.experiments[1];
  EXPECT_EQ(points.name, "titles/points");
  EXPECT_EQ(points.verdict, ExperimentVerdict::kBetter);
  EXPECT_EQ(points.verdict_arm, "two");
  const Comparison& c = points.comparisons[0];
  EXPECT_LT(c.relative.low, .5);
  EXPECT_GT(c.relative.high, .5);
  ASSERT_TRUE(c.cuped.has_value());
  EXPECT_LT(c.cuped->absolute.standard_error, .95 * c.absolute.standard_error);
  ASSERT_TRUE(c.strata.has_value()) << "users have histories of two lengths";
  EXPECT_NEAR(c.strata->absolute.value, c.absolute.value, c.absolute.standard_error);
  EXPECT_LT(c.strata->absolute.low, .5 * report.experiments[1].arms[0].mean.value);
  EXPECT_GT(c.design_effect, 1.5) << "clicks of a user have much in common";
  EXPECT_FALSE(points.looks.empty());
  EXPECT_EQ(points.segments.size(), 2u);
  EXPECT_TRUE(points.periods.empty());
  EXPECT_EQ(report.experiments[0].verdict, ExperimentVerdict::kNone) << "bids/floor does nothing";
}

TEST(ExperimentLogReport, CountsTheLastLookAsAll) {
  const ExperimentLogReport report = report_of({});
  const ExperimentReport& points = report.experiments[1];
  const Look& last = points.looks.back();
  EXPECT_NEAR(last.relative.value, points.comparisons[0].relative.value, 1e-12);
  EXPECT_EQ(last.units, points.arms[0].units + points.arms[1].units);
}

TEST(ExperimentLogReport, DoesNotDependOnTheOrderOfLinesOrOnTheirFiles) {
  std::vector<std::string> lines = lines_of({});
  const auto whole = report_logs({written(lines)}, {});
  std::mt19937 random(3);
  std::shuffle(lines.begin(), lines.end(), random);
  const auto half = lines.begin() + static_cast<ptrdiff_t>(lines.size() / 2);
  const auto parts = report_logs(
      {written({lines.begin(), half}, "1.jsonl"), written({half, lines.end()}, "2.jsonl")}, {});
  ASSERT_TRUE(whole.ok() && parts.ok());
  EXPECT_EQ(whole->notes, parts->notes);
  for (size_t e = 0; e < whole->experiments.size(); ++e) {
    const ExperimentReport &a = whole->experiments[e], &b = parts->experiments[e];
    for (size_t arm = 0; arm < a.arms.size(); ++arm) {
      EXPECT_EQ(a.arms[arm].clicks, b.arms[arm].clicks);
      EXPECT_EQ(a.arms[arm].units, b.arms[arm].units);
    }
    EXPECT_NEAR(a.comparisons[0].absolute.p, b.comparisons[0].absolute.p, 1e-9);
  }
}

TEST(ExperimentLogReport, BlocksTheVerdictWhereUsersOfOneArmAreLost) {
  LogWorld world{.users = kManyUsers};
  world.lift = .5;
  world.lost = .2;
  const ExperimentLogReport report = report_of(world);
  EXPECT_EQ(report.experiments[1].verdict, ExperimentVerdict::kBlocked);
}

TEST(ExperimentLogReport, WarnsOfExperimentsThatAreNotIndependent) {
  LogWorld world;
  const auto disturbed = [](const ExperimentLogReport& report) {
    const auto& warnings = report.experiments[1].warnings;
    return std::any_of(warnings.begin(), warnings.end(), [](const std::string& w) {
      return w.find("disturb each other") != std::string::npos;
    });
  };
  EXPECT_FALSE(disturbed(report_of(world)));
  world.tied = true;
  EXPECT_TRUE(disturbed(report_of(world)));
}

TEST(ExperimentLogReport, CountsAClickOnceAndOnlyOnWhatItsPageShowed) {
  RawImpression page;
  page.request = "r";
  page.time = kStart;
  page.user = "u";
  page.arms = {{"", "points", "one"}};
  page.ads.resize(1);
  page.ads[0].id = "a";
  RawClick click;
  click.request = "r";
  click.object = "a";
  click.time = kStart + 1000;
  std::vector<std::string> lines = {to_line(page), to_line(page)};
  for (const char* event : {"1", "1", "2"}) {
    click.event = event;
    lines.push_back(to_line(click));
  }
  click.object = "b";  // not shown
  lines.push_back(to_line(click));
  click.object = "a";
  click.request = "s";  // no such page
  lines.push_back(to_line(click));
  page.request = "q";
  page.user = "v";
  page.arms[0].arm = "two";
  lines.push_back(to_line(page));
  click.request = "q";
  click.time = kStart + JoinOptions().window_ms + 1;  // too late
  lines.push_back(to_line(click));
  const auto report = report_logs({written(lines)}, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->experiments[0].arms[0].clicks, 1);
  EXPECT_EQ(report->experiments[0].arms[0].impressions, 1);
  EXPECT_EQ(report->experiments[0].arms[1].clicks, 0);
}

TEST(ExperimentLogReport, SaysThatALogHasNoExperiment) {
  RawImpression page;
  page.request = "r";
  page.user = "u";
  const auto report = report_logs({written({to_line(page)})}, {});
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.status().message(), testing::HasSubstr("no page with an arm"));
  LogReportOptions options;
  options.reading.experiment = "other";
  EXPECT_FALSE(report_logs({written(lines_of({}))}, options).ok());
}

TEST(ExperimentLogReport, ReportsTheOthersWhereOneExperimentHasOneArm) {
  LogWorld world;
  world.users = 300;
  std::vector<std::string> lines = lines_of(world);
  RawImpression page;
  page.request = "r";
  page.time = kStart;
  page.user = "alone";
  page.arms = {{"extra", "single", "only"}};
  lines.push_back(to_line(page));
  const std::string path = written(lines);
  LogReportOptions options;
  const auto report = report_logs({path}, options);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->experiments.size(), 2u);
  EXPECT_THAT(report->notes, testing::Contains(testing::HasSubstr("extra/single: expected two")));
  options.comparing.control = "two";  // which bids/floor has not
  EXPECT_EQ(report_logs({path}, options)->experiments.size(), 1u);
  options.reading.experiment = "single";
  EXPECT_FALSE(report_logs({path}, options).ok());
}

TEST(ExperimentLogReport, HasNoCourseOfTimeWhereAnArmHasNoUsers) {
  LogWorld world;
  world.users = 300;
  std::vector<std::string> lines = lines_of(world);
  RawImpression page;  // the only user of the third arm was in another one, too
  page.user = "both";
  page.time = kStart + 14 * kDay;
  for (const char* arm : {"one", "three"}) {
    page.request = arm;
    page.arms = {{"titles", "points", arm}};
    lines.push_back(to_line(page));
  }
  const auto report = report_logs({written(lines)}, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  const ExperimentReport& points = report->experiments[1];
  ASSERT_EQ(points.arms.size(), 3u);
  EXPECT_TRUE(points.looks.empty() && points.guardrails.empty() && points.periods.empty());
  EXPECT_GT(points.days, 0);
  EXPECT_LE(points.days, 14);
  EXPECT_THAT(to_text(points), testing::Not(testing::HasSubstr("nan")));
}

TEST(ExperimentLogReport, SplitsUsersAtRandomInTheAaMode) {
  LogReportOptions options;
  options.reading.is_aa = true;
  const ExperimentLogReport report = report_of({}, options);
  EXPECT_THAT(report.notes.back(), testing::StartsWith("A/A: of 400 random splits"));
}

}  // namespace
}  // namespace barker

// The periods of a report: the weights or the policy of an arm change during the experiment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "models/experiment/log_report.h"
#include "tests/models/experiment/log_world.h"

namespace barker {
namespace {

// That a report has both periods of another one, with the same units from the same time on.
void expect_the_periods_of(const ExperimentReport& named, const ExperimentReport& report) {
  ASSERT_EQ(named.periods.size(), 2u);
  ASSERT_EQ(report.periods.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(report.periods[i].name, named.periods[i].name);
    EXPECT_EQ(report.periods[i].units, named.periods[i].units);
    EXPECT_EQ(report.periods[i].first, named.periods[i].first);
  }
}

TEST(ExperimentLogReport, SplitsByWeightsThatChangeAndSaysSo) {
  LogWorld world;
  world.weights_change = true;
  const ExperimentLogReport report = report_of(world);
  EXPECT_EQ(report.experiments[1].periods.size(), 2u);
  EXPECT_THAT(report.experiments[1].warnings,
              testing::Contains(testing::HasSubstr("weights changed")));
}

TEST(ExperimentLogReport, TellsWeightsApartByTheirDigestWhateverTheProcessesThatServeThemCount) {
  LogWorld world;
  world.has_digests = true;
  world.restarts = true;
  EXPECT_TRUE(report_of(world).experiments[1].periods.empty()) << "two generations, the same bytes";
  world.weights_change = true;
  const ExperimentReport report = report_of(world).experiments[1];
  ASSERT_EQ(report.periods.size(), 2u) << "in the order in which they came";
  EXPECT_EQ(report.periods[0].name, "weights ffffffffffff");
  EXPECT_EQ(report.periods[1].name, "weights 000000000000");
}

TEST(ExperimentLogReport, CountsPagesThatNameNoWeightsToThoseInForceAndSaysHowMany) {
  LogWorld world;
  world.has_digests = world.weights_change = true;
  const ExperimentReport named = report_of(world).experiments[1];
  for (const std::string& note : named.notes) {
    EXPECT_THAT(note, testing::Not(testing::HasSubstr("do not name their weights")));
  }
  world.without_digest = .5;
  const ExperimentReport report = report_of(world).experiments[1];
  ASSERT_EQ(named.periods.size(), 2u);
  ASSERT_EQ(report.periods.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(report.periods[i].name, named.periods[i].name);
    // Near the change, few pages of an hour can be on its wrong side.
    EXPECT_NEAR(report.periods[i].units, named.periods[i].units, .01 * named.periods[i].units);
    EXPECT_NEAR(report.periods[i].relative.value, named.periods[i].relative.value,
                .05 * std::fabs(named.periods[i].relative.high));
  }
  EXPECT_THAT(report.notes,
              testing::Contains(testing::HasSubstr(" pages do not name their weights.")));
}

TEST(ExperimentLogReport, CountsPagesBeforeTheFirstThatNamesWeightsToThese) {
  LogWorld world;
  world.has_digests = world.has_policies = world.policy_changes = true;
  const ExperimentReport named = report_of(world).experiments[1];
  world.digests_come_late = true;
  const ExperimentReport report = report_of(world).experiments[1];
  expect_the_periods_of(named, report);
  EXPECT_THAT(report.notes,
              testing::Contains(testing::HasSubstr(" pages do not name their weights.")));
}

TEST(ExperimentLogReport, SaysSinceWhenAPeriodIs) {
  LogWorld world;
  world.has_digests = world.weights_change = true;
  const ExperimentLogReport report = report_of(world);
  const std::vector<SegmentReport>& periods = report.experiments[1].periods;
  ASSERT_EQ(periods.size(), 2u);
  const int64_t begin = kStart + 14 * kDay, change = kStart + 21 * kDay, hour = kDay / 24;
  ASSERT_TRUE(periods[0].first && periods[1].first);
  EXPECT_GE(*periods[0].first, begin) << "of the experiment, and not of the log";
  EXPECT_LT(*periods[0].first, begin + hour);
  EXPECT_GE(*periods[1].first, change);
  EXPECT_LT(*periods[1].first, change + hour);
  const std::string date = "2026-10-12 ";
  EXPECT_THAT(to_text(report.experiments[1]),
              testing::AllOf(testing::HasSubstr("since (UTC)"), testing::HasSubstr(date)));
  EXPECT_THAT(to_html(report.experiments, {}),
              testing::AllOf(testing::HasSubstr("<th>since (UTC)</th>"),
                             testing::HasSubstr("<td>" + date)));
  EXPECT_THAT(to_json(report.experiments[1]),
              testing::HasSubstr("\"first_time\": " + std::to_string(*periods[1].first)));
}

TEST(ExperimentLogReport, SplitsByThePolicyOfAnArmThatChangesAndSaysSo) {
  LogWorld world;
  world.has_policies = true;
  const ExperimentLogReport same = report_of(world);
  EXPECT_TRUE(same.experiments[1].periods.empty());
  EXPECT_THAT(same.experiments[1].warnings,
              testing::Each(testing::Not(testing::HasSubstr("changed during"))));
  world.policy_changes = true;
  const ExperimentLogReport report = report_of(world);
  const ExperimentReport& points = report.experiments[1];
  ASSERT_EQ(points.periods.size(), 2u);
  EXPECT_EQ(points.periods[0].name, "policy a1a1 of two");
  EXPECT_EQ(points.periods[1].name, "policy b2b2 of two");
  EXPECT_TRUE(points.periods[0].changed.empty());
  EXPECT_EQ(points.periods[1].changed, std::vector<std::string>{"policy of two"});
  EXPECT_TRUE(std::isfinite(points.periods[0].relative.value)) << "the control has both periods";
  EXPECT_TRUE(std::isfinite(points.periods[1].relative.value));
  EXPECT_GT(points.periods[1].units, points.periods[0].units) << "11 days after 3";
  EXPECT_THAT(points.warnings, testing::ElementsAre(testing::StartsWith(
                                   "The policy of two changed during the experiment.")));
  EXPECT_TRUE(report.experiments[0].periods.empty()) << "the other experiment did not change";
  EXPECT_THAT(to_text(points), testing::HasSubstr("policy b2b2 of two"));
  EXPECT_THAT(to_json(points), testing::HasSubstr("\"changed\": [\n        \"policy of two\""));
  EXPECT_THAT(to_html(report.experiments, {}), testing::HasSubstr("<td>policy of two</td>"));
}

TEST(ExperimentLogReport, SplitsByWeightsAndPoliciesTogether) {
  LogWorld world;
  world.has_policies = world.policy_changes = world.weights_change = world.has_digests = true;
  const ExperimentReport report = report_of(world).experiments[1];
  ASSERT_EQ(report.periods.size(), 3u);
  EXPECT_EQ(report.periods[0].name, "weights ffffffffffff, policy a1a1 of two");
  EXPECT_EQ(report.periods[1].name, "weights ffffffffffff, policy b2b2 of two");
  EXPECT_EQ(report.periods[2].name, "weights 000000000000, policy b2b2 of two");
  EXPECT_EQ(report.periods[1].changed, std::vector<std::string>{"policy of two"});
  EXPECT_EQ(report.periods[2].changed, std::vector<std::string>{"weights"});
  EXPECT_THAT(report.warnings,
              testing::Contains(testing::StartsWith("The policy of two and the weights changed")));
}

TEST(ExperimentLogReport, KeepsPagesOfServersThatNameNoPolicyInThePeriodInForce) {
  LogWorld world;
  world.weights_change = world.has_digests = world.has_policies = true;
  const ExperimentReport named = report_of(world).experiments[1];
  world.older_servers = true;
  const ExperimentReport report = report_of(world).experiments[1];
  expect_the_periods_of(named, report);
  EXPECT_THAT(
      report.warnings,
      testing::ElementsAre(testing::StartsWith("The weights changed during the experiment.")));
}

TEST(ExperimentLogReport, WarnsOfAServerOnWhichAnArmHasAnotherPolicy) {
  LogWorld world;
  world.has_policies = world.policy_changes = true;
  world.other_server = 0.2;
  const ExperimentReport report = report_of(world).experiments[1];
  EXPECT_EQ(report.periods.size(), 2u);
  EXPECT_THAT(report.warnings,
              testing::Contains(testing::HasSubstr("servers are configured differently")));
}

}  // namespace
}  // namespace barker

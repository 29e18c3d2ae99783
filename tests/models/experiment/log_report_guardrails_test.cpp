// The guardrails of a report: the time that pages take, and the share of users who opt out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "models/experiment/log_report.h"
#include "tests/models/experiment/log_world.h"

namespace barker {
namespace {

TEST(ExperimentLogReport, GuardsTheTimeThatPagesTake) {
  const auto rail_of = [](double slower) -> std::optional<Guardrail> {
    const ExperimentReport report = report_of({.slower = slower}).experiments[1];
    const auto is_time = [](const Guardrail& r) { return r.name == "milliseconds per page"; };
    const auto found = std::ranges::find_if(report.guardrails, is_time);
    return found == report.guardrails.end() ? std::nullopt : std::optional(*found);
  };
  EXPECT_FALSE(rail_of(0).has_value()) << "a log without times has no such guardrail";
  const std::optional<Guardrail> slow = rail_of(0.45), equal = rail_of(1e-9);
  ASSERT_TRUE(slow && equal);
  EXPECT_NEAR(slow->control, 4.5, 0.02);
  EXPECT_NEAR(slow->treatment, 4.95, 0.02);
  EXPECT_FALSE(slow->test.holds);
  EXPECT_TRUE(equal->test.holds);
}

TEST(ExperimentLogReport, GuardsTheShareOfUsersWhoOptOutByItsDifference) {
  const auto rail_of = [](const LogWorld& world) -> std::optional<Guardrail> {
    LogReportOptions options;
    options.opt_out_margin = 0.02;
    const ExperimentLogReport report = report_of(world, options);
    const bool has_none = world.opt_outs + world.more_opt_outs == 0;
    const auto says_so = testing::Contains(testing::HasSubstr("has no opt-outs"));
    if (has_none) {
      EXPECT_THAT(report.notes, says_so);
    } else {
      EXPECT_THAT(report.notes, testing::Not(says_so));
    }
    const ExperimentReport& points = report.experiments[1];
    const auto is_share = [](const Guardrail& r) {
      return r.name == "share of users who opted out";
    };
    const auto found = std::ranges::find_if(points.guardrails, is_share);
    if (found == points.guardrails.end()) return std::nullopt;
    EXPECT_THAT(to_text(points), testing::HasSubstr("+2 points"));
    EXPECT_THAT(to_json(points), testing::HasSubstr("\"margin_of\": \"difference\""));
    EXPECT_THAT(to_html({points}, {}), testing::HasSubstr("share of users who opted out"));
    return *found;
  };
  EXPECT_FALSE(rail_of({}).has_value());
  const std::optional<Guardrail> same = rail_of({.users = kManyUsers, .opt_outs = 0.02});
  ASSERT_TRUE(same && same->absolute);
  EXPECT_NEAR(same->control, 0.02, 0.012) << "each user once, who opted out of however many pages";
  EXPECT_TRUE(same->test.holds);
  const std::optional<Guardrail> worse =
      rail_of({.users = kManyUsers, .opt_outs = 0.02, .more_opt_outs = 0.05});
  ASSERT_TRUE(worse);
  EXPECT_NEAR(worse->treatment - worse->control, 0.05, 0.02);
  EXPECT_FALSE(worse->test.holds);
  const std::optional<Guardrail> first = rail_of({.more_opt_outs = 0.05});
  ASSERT_TRUE(first) << "also where nobody of the control opted out";
  EXPECT_FALSE(first->test.holds);
  EXPECT_GT(first->test.p, 0.5);
}

TEST(ExperimentLogReport, CountsAnOptOutInTheArmOfItsPageAndNoneWithoutAPage) {
  RawImpression page;
  std::vector<std::string> lines;
  for (int u = 0; u < 200; ++u) {
    page.request = "r" + std::to_string(u);
    page.user = "u" + std::to_string(u);
    page.time = kStart;
    page.arms = {{"", "points", u % 2 == 0 ? "one" : "two"}};
    page.ads.resize(1);
    page.ads[0].id = "a";
    lines.push_back(to_line(page));
  }
  lines.push_back(to_line(RawOptOut{"o1", kStart + kDay, "r1"}));
  lines.push_back(to_line(RawOptOut{"o2", kStart + kDay, "elsewhere"}));
  lines.push_back(to_line(RawOptOut{"o3", kStart - kDay, "r2"}));  // before the page
  page.request = "of nobody";
  page.user.clear();
  lines.push_back(to_line(page));
  lines.push_back(to_line(RawOptOut{"o4", kStart + kDay, "of nobody"}));
  const auto report = report_logs({written(lines)}, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_THAT(report->notes, testing::Contains("205 lines: 201 pages, 0 clicks and 4 opt-outs."));
  EXPECT_THAT(report->notes, testing::Contains("3 opt-outs are not counted: their page is not in "
                                               "the log, names no user, or is later."));
  const Guardrail& rail = report->experiments[0].guardrails.back();
  EXPECT_EQ(rail.name, "share of users who opted out");
  EXPECT_EQ(rail.control, 0);
  EXPECT_EQ(rail.treatment, 0.01);
}

TEST(ExperimentLogReport, JudgesOptOutsOfArmsWithoutAnyWhereTheLogHasSome) {
  std::vector<std::string> lines;
  RawImpression page;
  page.time = kStart;
  page.ads.resize(1);
  page.ads[0].id = "a";
  constexpr int kUsers = 8000;
  for (int u = 0; u <= kUsers; ++u) {
    page.request = "r" + std::to_string(u);
    page.user = "u" + std::to_string(u);
    page.arms = {{"", "points", u % 2 == 0 ? "one" : "two"}};
    if (u == kUsers) page.arms.clear();
    lines.push_back(to_line(page));
  }
  const auto share_of = [](const ExperimentLogReport& report) -> std::optional<Guardrail> {
    const Guardrail& last = report.experiments[0].guardrails.back();
    return last.absolute ? std::optional(last) : std::nullopt;
  };
  lines.push_back(to_line(RawOptOut{"o1", kStart + kDay, "elsewhere"}));
  const auto unmatched = report_logs({written(lines)}, {});
  ASSERT_TRUE(unmatched.ok()) << unmatched.status().message();
  EXPECT_FALSE(share_of(*unmatched).has_value()) << "nothing shows that they are sent rightly";
  EXPECT_THAT(unmatched->notes, testing::Contains(testing::StartsWith("No opt-out of the log")));

  // This one is by a user who is in no arm.
  lines.push_back(to_line(RawOptOut{"o2", kStart + kDay, "r" + std::to_string(kUsers)}));
  const auto report = report_logs({written(lines)}, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  const std::optional<Guardrail> rail = share_of(*report);
  ASSERT_TRUE(rail.has_value());
  EXPECT_EQ(rail->control, 0);
  EXPECT_EQ(rail->treatment, 0);
  EXPECT_TRUE(rail->test.holds) << "4,000 users in each arm, and a margin of one in a thousand";
  EXPECT_NEAR(rail->test.p, .04, .0005);
  EXPECT_THAT(to_text(report->experiments[0]), testing::HasSubstr("+0 points [-0."));

  LogReportOptions options;
  options.opt_out_margin = .0005;
  const auto narrow = report_logs({written(lines)}, options);
  ASSERT_TRUE(narrow.ok() && share_of(*narrow).has_value());
  EXPECT_FALSE(share_of(*narrow)->test.holds);
}

}  // namespace
}  // namespace barker

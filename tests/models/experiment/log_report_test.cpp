// Experiments in event logs, which are written here by a world with known truth.
#include "models/experiment/log_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <random>

#include "models/base/random.h"
#include "tests/models/base/temporary_path.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

constexpr int64_t kStart = 1'790'000'000'000, kDay = 86'400'000;

struct World {
  int users = kIsSanitized ? 1500 : 3000;
  double lift = 0;                 // of the arm "two" over "one"
  double without_digest = 0;       // share of the pages that name no weights, though others do
  bool digests_come_late = false;  // no page names weights until the third week ends
  double lost = 0;                 // share of the users of "two" whose lines are lost
  bool weights_change = false;
  bool restarts = false;  // halfway, and generations are counted from 7 again
  bool has_digests = false;
  bool has_policies = false;
  bool older_servers = false;   // name no policy, and answered all pages until the weights change
  bool policy_changes = false;  // of the arm "two", on the third day of the experiment
  double other_server = 0;      // share of the pages of a server on which "two" is as it was before
  double opt_outs = 0, more_opt_outs = 0;  // share of the users, and how much larger in "two"
  double slower = 0;  // milliseconds that a page of "two" takes longer than the 4 of "one"
  bool tied = false;  // a second experiment follows the arms of the first
  uint64_t seed = 1;
};

// Two weeks before the experiment and two weeks of it. Lines are in no order.
std::vector<std::string> lines_of(const World& world) {
  Random random(world.seed, 5);
  std::vector<std::string> lines;
  for (int u = 0; u < world.users; ++u) {
    const double rate = .05 * random.gamma(1);
    const bool two = random.chance(.5);
    const bool other = world.tied ? two : random.chance(.5);
    if (two && random.chance(world.lost)) continue;
    const double leaves = world.opt_outs + (two ? world.more_opt_outs : 0);
    const bool opts_out = leaves > 0 && random.chance(leaves);
    const uint64_t pages = 2 + random.poisson(8);
    for (uint64_t k = 0; k < pages; ++k) {
      RawImpression page;
      page.request = "r" + std::to_string(u) + "-" + std::to_string(k);
      page.time = kStart + static_cast<int64_t>(random.uniform() * 28 * kDay);
      (u % 10 == 0 ? page.visitor : page.user) = "u" + std::to_string(u);
      const bool is_changed = page.time > kStart + 21 * kDay;
      page.generation = world.weights_change && is_changed && !world.restarts ? 8 : 7;
      if (world.has_digests) {
        page.weights = world.weights_change && is_changed ? "00000000000000bb" : "ffffffffffffffaa";
        // Another process may count the same weights otherwise.
        if (world.restarts && u % 2 == 0) ++page.generation;
        if (world.restarts && u % 5 == 0) page.weights.clear();  // of a server that logs none
        if (static_cast<double>(k % 10) < 10 * world.without_digest) page.weights.clear();
        if (world.digests_come_late && !is_changed) page.weights.clear();
      }
      if (world.slower > 0) page.took_us = 1000 * (4 + random.uniform() + (two ? world.slower : 0));
      if (u % 3 == 0) page.user_keywords = {"waterproof"};
      const bool live = page.time >= kStart + 14 * kDay;
      if (live) {
        page.arms = {{"titles", "points", two ? "two" : "one"},
                     {"bids", "floor", other ? "high" : "low"}};
        if (world.has_policies) {
          // Each server takes the change at a moment of its own.
          const int64_t late = u % 3 * 20'000;
          const bool is_new = world.policy_changes && page.time > kStart + 17 * kDay + late &&
                              !random.chance(world.other_server);
          page.arms[0].policy = !two ? "0000000000000001" : is_new ? "b2b2" : "a1a1";
          page.arms[1].policy = "0000000000000002";
          if (world.older_servers && !is_changed) {
            for (RawArm& arm : page.arms) arm.policy.clear();
          }
        }
      }
      const double p = rate * (live && two ? 1 + world.lift : 1);
      for (uint32_t position = 1; position <= 4; ++position) {
        RawAd ad;
        ad.id = "a" + std::to_string(position);
        ad.position = position;
        ad.price = .5;
        page.ads.push_back(ad);
        if (!random.chance(p)) continue;
        RawClick click;
        click.event = page.request + ad.id;
        click.request = page.request;
        click.time = page.time + 5000;
        click.object = ad.id;
        lines.push_back(to_line(click));
      }
      lines.push_back(to_line(page));
      if (live && opts_out) {  // two days later, and sent twice
        const RawOptOut opt_out{"o" + page.request, page.time + 2 * kDay, page.request};
        lines.push_back(to_line(opt_out));
        lines.push_back(to_line(opt_out));
      }
    }
  }
  return lines;
}

std::string written(const std::vector<std::string>& lines, const char* name = "raw.jsonl") {
  const std::string path = temporary_path(name);
  std::ofstream out(path, std::ios::binary);
  for (const std::string& line : lines) out << line;
  return path;
}

ExperimentLogReport report_of(const World& world, LogReportOptions options = {}) {
  Result<ExperimentLogReport> report = report_logs({written(lines_of(world))}, options);
  EXPECT_TRUE(report.ok()) << report.status().message();
  return report.ok() ? std::move(*report) : ExperimentLogReport();
}

TEST(ExperimentLogReport, FindsALiftThatIsThereAndCutsItsIntervalByWhatUsersDidBefore) {
  World world;
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
  World world;
  world.lift = .5;
  world.lost = .2;
  const ExperimentLogReport report = report_of(world);
  EXPECT_EQ(report.experiments[1].verdict, ExperimentVerdict::kBlocked);
}

TEST(ExperimentLogReport, SplitsByWeightsThatChangeAndSaysSo) {
  World world;
  world.weights_change = true;
  const ExperimentLogReport report = report_of(world);
  EXPECT_EQ(report.experiments[1].periods.size(), 2u);
  EXPECT_THAT(report.experiments[1].warnings,
              testing::Contains(testing::HasSubstr("weights changed")));
}

TEST(ExperimentLogReport, TellsWeightsApartByTheirDigestWhateverTheProcessesThatServeThemCount) {
  World world;
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
  World world;
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
  World world;
  world.has_digests = world.has_policies = world.policy_changes = true;
  const ExperimentReport named = report_of(world).experiments[1];
  world.digests_come_late = true;
  const ExperimentReport report = report_of(world).experiments[1];
  ASSERT_EQ(named.periods.size(), 2u);
  ASSERT_EQ(report.periods.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(report.periods[i].name, named.periods[i].name);
    EXPECT_EQ(report.periods[i].units, named.periods[i].units);
    EXPECT_EQ(report.periods[i].first, named.periods[i].first);
  }
  EXPECT_THAT(report.notes,
              testing::Contains(testing::HasSubstr(" pages do not name their weights.")));
}

TEST(ExperimentLogReport, SaysSinceWhenAPeriodIs) {
  World world;
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
  World world;
  world.has_policies = true;
  const ExperimentLogReport same = report_of(world);
  EXPECT_TRUE(same.experiments[1].periods.empty());
  for (const std::string& warning : same.experiments[1].warnings) {
    EXPECT_THAT(warning, testing::Not(testing::HasSubstr("changed during")));
  }
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
  World world;
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
  World world;
  world.weights_change = world.has_digests = world.has_policies = true;
  const ExperimentReport named = report_of(world).experiments[1];
  world.older_servers = true;
  const ExperimentReport report = report_of(world).experiments[1];
  ASSERT_EQ(named.periods.size(), 2u);
  ASSERT_EQ(report.periods.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(report.periods[i].name, named.periods[i].name);
    EXPECT_EQ(report.periods[i].units, named.periods[i].units);
  }
  EXPECT_THAT(
      report.warnings,
      testing::ElementsAre(testing::StartsWith("The weights changed during the experiment.")));
}

TEST(ExperimentLogReport, WarnsOfAServerOnWhichAnArmHasAnotherPolicy) {
  World world;
  world.has_policies = world.policy_changes = true;
  world.other_server = 0.2;
  const ExperimentReport report = report_of(world).experiments[1];
  EXPECT_EQ(report.periods.size(), 2u);
  EXPECT_THAT(report.warnings,
              testing::Contains(testing::HasSubstr("servers are configured differently")));
}

TEST(ExperimentLogReport, WarnsOfExperimentsThatAreNotIndependent) {
  World world;
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
  World world;
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
  World world;
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
  const auto rail_of = [](const World& world) -> std::optional<Guardrail> {
    LogReportOptions options;
    options.opt_out_margin = 0.02;
    const ExperimentLogReport report = report_of(world, options);
    const bool has_none = world.opt_outs + world.more_opt_outs == 0;
    EXPECT_EQ(
        std::ranges::any_of(report.notes,
                            [](const std::string& n) { return n.find("has no opt-outs") < 99; }),
        has_none);
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
  const std::optional<Guardrail> same = rail_of({.opt_outs = 0.02});
  ASSERT_TRUE(same && same->absolute);
  EXPECT_NEAR(same->control, 0.02, 0.012) << "each user once, who opted out of however many pages";
  EXPECT_TRUE(same->test.holds);
  const std::optional<Guardrail> worse = rail_of({.opt_outs = 0.02, .more_opt_outs = 0.05});
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

  // By a user who is in no arm.
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

TEST(ExperimentLogReport, SplitsUsersAtRandomInTheAaMode) {
  LogReportOptions options;
  options.reading.is_aa = true;
  const ExperimentLogReport report = report_of({}, options);
  EXPECT_THAT(report.notes.back(), testing::StartsWith("A/A: of 400 random splits"));
}

}  // namespace
}  // namespace barker

// The statistics on real experiments of others. Where their data is not on the machine, these tests
// are skipped and say so.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/experiment/csv.h"
#include "models/experiment/off_policy.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

const std::string kData = BARKER_SOURCE_DIR "/../shared/data/";

#define SKIP_WITHOUT(set) \
  if (!std::filesystem::exists(kData + (set))) GTEST_SKIP() << (set) << " is not on this machine"

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// One headline test of Upworthy's: what was shown to readers at the same time.
struct Package {
  std::string image, headline;
  double impressions, clicks;
};
struct HeadlineTest {
  std::string week;
  std::vector<Package> packages;
};

// The archive's TSV, whose texts hold quotes that are not CSV's.
std::map<std::string, HeadlineTest> upworthy() {
  std::map<std::string, HeadlineTest> tests;
  Result<LineReader> lines = LineReader::open(kData + "upworthy/exploratory.tsv.gz");
  EXPECT_TRUE(lines.ok());
  std::string_view line;
  lines->next(line);
  EXPECT_TRUE(line.starts_with("clickability_test_id\ttest_week\teyecatcher_id\timpressions\t"));
  while (lines->next(line)) {
    std::vector<std::string> fields;
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find('\t', begin), line.size());
      fields.emplace_back(line.substr(begin, end - begin));
      begin = end + 1;
    }
    HeadlineTest& test = tests[fields.at(0)];
    test.week = fields.at(1);
    test.packages.push_back(
        {fields.at(2), fields.at(8), number(fields.at(3)), number(fields.at(4))});
  }
  return tests;
}

double headline_ratio_p(const HeadlineTest& test) {
  std::vector<double> counts;
  for (const Package& p : test.packages) counts.push_back(p.impressions);
  return barker::sample_ratio_p(counts, std::vector<double>(counts.size(), 1));
}

TEST(Upworthy, HasTwoThirdsOfBrokenSampleRatiosInTheWeeksThatAreKnownToBeBroken) {
  SKIP_WITHOUT("upworthy");
  int tests = 0, broken_weeks = 0, alarms_there = 0, alarms_elsewhere = 0;
  for (const auto& [id, test] : upworthy()) {
    ++tests;
    const bool is_broken = test.week >= "201326" && test.week <= "201402";
    const bool alarm = headline_ratio_p(test) < .001;
    broken_weeks += is_broken;
    (is_broken ? alarms_there : alarms_elsewhere) += alarm;
  }
  EXPECT_EQ(tests, 4873);
  EXPECT_EQ(broken_weeks, 1055);
  EXPECT_EQ(alarms_there, 708);
  // Twelve times what chance gives, so that a few tests of other weeks are broken as well.
  EXPECT_EQ(alarms_elsewhere, 45);
}

TEST(Upworthy, HasHeadlinesUnderOneImageOfWhichMoreThanAQuarterDiffer) {
  SKIP_WITHOUT("upworthy");
  int tests = 0, pairs = 0, differ = 0, by_holm = 0, by_share = 0;
  for (const auto& [id, test] : upworthy()) {
    std::vector<double> p;
    for (size_t a = 0; a < test.packages.size(); ++a) {
      for (size_t b = a + 1; b < test.packages.size(); ++b) {
        const Package &x = test.packages[a], &y = test.packages[b];
        if (x.image != y.image || x.headline == y.headline) continue;
        p.push_back(two_proportion_z(x.clicks, x.impressions, y.clicks, y.impressions).p);
        differ += p.back() < two_sided_normal_p(1.96);
      }
    }
    tests += !p.empty();
    pairs += static_cast<int>(p.size());
    for (const double q : holm(p)) by_holm += q < .05;
    for (const double q : benjamini_hochberg(p)) by_share += q < .05;
  }
  std::cout << "tests " << tests << ", pairs " << pairs << ", differ " << differ << ", by Holm "
            << by_holm << ", by Benjamini and Hochberg " << by_share << "\n";
  EXPECT_EQ(tests, 2523);
  EXPECT_NEAR(pairs, 20540, 20);
  EXPECT_NEAR(differ / static_cast<double>(pairs), .286, .002);
  EXPECT_LT(by_holm, by_share);
  EXPECT_LT(by_share, differ);
}

TEST(Asos, IsCalledSignificantFarMoreOftenByLooksThanAtTheEndAndLessOftenByASequence) {
  SKIP_WITHOUT("asos_experiments");
  Result<CsvReader> csv = CsvReader::open(kData + "asos_experiments/experiments.csv.gz");
  ASSERT_TRUE(csv.ok()) << csv.status().message();
  struct Look {
    Effect effect;
    double units = 0;
  };
  std::map<std::string, std::map<double, Look>> arms;
  std::vector<std::string> f;
  const auto at = [&](const char* name) {
    return number(f[static_cast<size_t>(csv->column(name))]);
  };
  while (csv->next(f)) {
    if (at("metric_id") != 1) continue;
    const ArmMoments control = {at("count_c"), at("mean_c"), at("variance_c")};
    const ArmMoments treatment = {at("count_t"), at("mean_t"), at("variance_t")};
    Look& look = arms[f[0] + "/" + f[1]][at("time_since_start")];
    look.effect = absolute_difference(control, treatment);
    look.units = control.units + treatment.units;
  }
  ASSERT_TRUE(csv->status().ok()) << csv->status().message();
  int at_some = 0, at_last = 0, sequence_at_some = 0, sequence_at_last = 0;
  for (const auto& [arm, looks] : arms) {
    bool some = false, crossed = false;
    const double tuned = looks.rbegin()->second.units;
    for (const auto& [days, look] : looks) {
      some |= std::fabs(look.effect.value / look.effect.standard_error) > 1.96;
      crossed |= confidence_sequence(look.effect, look.units, tuned).p < .05;
    }
    const Look& last = looks.rbegin()->second;
    at_some += some;
    sequence_at_some += crossed;
    at_last += std::fabs(last.effect.value / last.effect.standard_error) > 1.96;
    sequence_at_last += confidence_sequence(last.effect, last.units, tuned).p < .05;
  }
  std::cout << "sequence at some look " << sequence_at_some << ", at the last " << sequence_at_last
            << "\n";
  EXPECT_EQ(arms.size(), 99u);
  EXPECT_EQ(at_some, 46);
  EXPECT_EQ(at_last, 26);
  EXPECT_NEAR(sequence_at_some, 21, 2);
  EXPECT_LE(sequence_at_last, sequence_at_some);
}

// The click log of a policy, and how often it showed each item at each position.
struct BanditLog {
  std::vector<std::array<double, 2>> item_position;
  std::vector<double> click, propensity;
  std::map<std::array<double, 2>, double> share;  // of an item at its position
};

BanditLog bandit_log(const std::string& name) {
  BanditLog log;
  Result<CsvReader> csv = CsvReader::open(kData + "open_bandit/" + name);
  EXPECT_TRUE(csv.ok()) << csv.status().message();
  std::vector<std::string> f;
  std::map<double, double> at_position;
  const auto at = [&](const char* column) {
    return number(f[static_cast<size_t>(csv->column(column))]);
  };
  while (csv->next(f)) {
    log.item_position.push_back({at("item_id"), at("position")});
    log.click.push_back(at("click"));
    log.propensity.push_back(at("propensity_score"));
    log.share[log.item_position.back()] += 1;
    ++at_position[at("position")];
  }
  EXPECT_TRUE(csv->status().ok()) << csv->status().message();
  for (auto& [place, share] : log.share) share /= at_position[place[1]];
  return log;
}

TEST(OpenBandit, ValuesTheBanditFromTheRandomLogWithAnHonestInterval) {
  SKIP_WITHOUT("open_bandit");
  const BanditLog random = bandit_log("random-men.csv.gz"), bandit = bandit_log("bts-men.csv.gz");
  ASSERT_EQ(random.click.size(), 10000u);
  OffPolicyLog actions;
  double logged = 0, on_policy = 0;
  for (size_t i = 0; i < random.click.size(); ++i) {
    const auto share = bandit.share.find(random.item_position[i]);
    const LoggedAction action = {random.click[i], random.propensity[i],
                                 share == bandit.share.end() ? 0 : share->second};
    actions.add({&action, 1});
    logged += random.click[i] / 1e4;
    on_policy += bandit.click[i] / 1e4;
  }
  EXPECT_NEAR(logged, .0046, 1e-9);
  EXPECT_NEAR(on_policy, .0069, 1e-9);
  const PolicyValue by_ips = actions.value(PolicyEstimator::kPage);
  const PolicyValue by_snips = actions.value(PolicyEstimator::kSelfNormalised);
  EXPECT_NEAR(by_ips.value.value, .00566, 5e-5);
  EXPECT_NEAR(by_snips.value.value, .00574, 5e-5);
  EXPECT_NEAR(by_ips.effective_pages, 2869, 30);
  // 46 clicks say little: the interval holds what the policy earned when it really ran.
  EXPECT_LT(by_ips.value.low, on_policy);
  EXPECT_GT(by_ips.value.high, on_policy);
  EXPECT_LT(by_snips.value.low, on_policy);
  EXPECT_GT(by_snips.value.high, on_policy);
}

}  // namespace
}  // namespace barker

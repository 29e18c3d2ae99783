#include "models/evaluate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/evaluate/quality.h"
#include "tests/models/evaluate/random_instances.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

GateReport judge(const InstanceTable& test, const std::vector<float>& candidate,
                 const std::vector<float>& current, const GateOptions& options = {}) {
  const InstanceTable none;
  const GateModel a{.main = candidate}, b{.main = current};
  return gate({test, none, a, b}, options);
}

TEST(Gate, RefusesPredictionsThatAreNotNumbers) {
  const InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.5, 3);
  for (const size_t broken : {size_t{1}, test.size()}) {
    std::vector<float> candidate = current;
    std::fill_n(candidate.begin(), broken, NAN);
    const GateReport report = judge(test, candidate, current);
    EXPECT_EQ(report.verdict, GateVerdict::kRefused) << broken;
    EXPECT_THAT(to_text(report), HasSubstr("REFUSED not a number"));
    EXPECT_EQ(judge(test, current, candidate).verdict, GateVerdict::kPassed)
        << "a broken model may be replaced";
  }
}

TEST(Gate, PassesAnEqualAndABetterModel) {
  const InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.5, 3);
  EXPECT_EQ(judge(test, current, current).verdict, GateVerdict::kPassed);
  EXPECT_EQ(judge(test, noisy(test, 0.1, 4), current).verdict, GateVerdict::kPassed);
}

TEST(Gate, RefusesAWorseModelAndNamesTheSlice) {
  const InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.2, 3);
  EXPECT_EQ(judge(test, noisy(test, 0.6, 4), current).verdict, GateVerdict::kRefused);
  // A candidate that is worse in one category and better in the other one looks equal in total.
  const std::vector<float> worse = noisy(test, 0.5, 5), better = noisy(test, 0.0, 6);
  std::vector<float> mixed;
  for (size_t i = 0; i < test.size(); ++i)
    mixed.push_back(test.category[i] == 1 ? worse[i] : better[i]);
  const GateReport report = judge(test, mixed, current);
  EXPECT_THAT(to_text(report), HasSubstr("REFUSED AUC                category shoes"));
  EXPECT_THAT(to_text(report), HasSubstr("ok      AUC                category <b>cream</b>"));
}

TEST(Gate, RefusesProbabilitiesThatAreNotCalibrated) {
  const InstanceTable test = table();
  std::vector<float> squashed = test.truth;
  for (float& p : squashed) p = 0.3f + 0.1f * p;  // the same order, so the same AUC
  const GateReport report = judge(test, squashed, test.truth);
  EXPECT_EQ(report.verdict, GateVerdict::kRefused);
  EXPECT_THAT(to_text(report), HasSubstr("REFUSED calibration error"));
  EXPECT_THAT(to_text(report), HasSubstr("ok      AUC                all"));
}

// Two models that are equally good differ by chance. With one user the interval of the difference
// has no width, and half of all equal models would be refused.
TEST(Gate, JudgesNothingByAFewUsers) {
  for (const uint32_t users : {1u, kLeastUsers - 1}) {
    const InstanceTable test = table(users, users);
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      const GateReport report = judge(test, noisy(test, 0.5, seed), noisy(test, 0.5, seed + 100));
      EXPECT_EQ(report.verdict, GateVerdict::kCannotJudge);
      EXPECT_EQ(report.reason, "fewer than 30 users");
    }
  }
}

// So it is with the click of one user of many.
TEST(Gate, JudgesNothingByTheClicksOfAFewUsers) {
  InstanceTable test = table();
  for (size_t i = 0; i < test.size(); ++i) test.clicked[i] = test.user[i] < 2 && i % 2 == 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const GateReport report = judge(test, noisy(test, 0.5, seed), noisy(test, 0.5, seed + 100));
    EXPECT_EQ(report.verdict, GateVerdict::kCannotJudge);
    EXPECT_EQ(report.reason, "fewer than 10 users who clicked");
  }
}

TEST(Gate, RefusesEqualModelsAsSeldomAsItsLevelSays) {
  const InstanceTable test = table(9, 60);
  int refused = 0;
  const int tries = repetitions(40);
  for (uint64_t seed = 1; seed <= static_cast<uint64_t>(tries); ++seed) {
    refused += judge(test, noisy(test, 0.5, seed), noisy(test, 0.5, seed + 100)).verdict ==
               GateVerdict::kRefused;
  }
  // An AUC at 2.5%, slices at 5% together, a log loss at 2.5%: 4 of 40 are expected.
  EXPECT_LE(refused, (tries + 3) / 4);
}

TEST(Gate, DoesNotJudgeASliceOfOneClass) {
  InstanceTable test = table();
  for (size_t i = 0; i < test.size(); ++i) {
    if (test.category[i] == 1) test.clicked[i] = 0;
  }
  const std::vector<float> current = noisy(test, 0.5, 3);
  const GateReport report = judge(test, current, current);
  EXPECT_EQ(report.verdict, GateVerdict::kPassed);
  EXPECT_THAT(to_text(report), HasSubstr("not judged: nothing is clicked"));
  std::fill(test.clicked.begin(), test.clicked.end(), 1);
  EXPECT_EQ(judge(test, current, current).verdict, GateVerdict::kCannotJudge);
  EXPECT_EQ(judge(test, current, current).reason, "everything is clicked");
}

TEST(Gate, CannotJudgeWhereNeitherModelKnowsTheKeywords) {
  const InstanceTable test = table(), none;
  const GateModel blind{.main = std::vector<float>(test.size(), 0.5f), .unknown = test.size()};
  const GateReport report = gate({test, none, blind, blind}, {});
  EXPECT_EQ(report.verdict, GateVerdict::kCannotJudge);
  EXPECT_THAT(to_text(report), HasSubstr("cannot judge: neither model knows the keywords"));
  const GateModel serving{.main = test.truth};
  EXPECT_EQ(gate({test, none, blind, serving}, {}).verdict, GateVerdict::kRefused);
  EXPECT_EQ(gate({test, none, serving, blind}, {}).verdict, GateVerdict::kPassed);
}

TEST(Gate, CannotJudgeByClicksThatNeitherModelExplains) {
  InstanceTable test = table();
  const std::vector<float> current = noisy(test, 0.2, 3), candidate = noisy(test, 0.1, 4);
  std::shuffle(test.clicked.begin(), test.clicked.end(), std::mt19937_64(5));
  const GateReport report = judge(test, current, current);
  EXPECT_EQ(report.verdict, GateVerdict::kCannotJudge);
  EXPECT_THAT(report.reason, HasSubstr("neither model is better than chance"));
  EXPECT_NE(judge(test, candidate, current).verdict, GateVerdict::kPassed);
}

TEST(Gate, JudgesTheAuxiliaryTask) {
  const InstanceTable test = table(), ads = table(7), none;
  GateModel serving{.main = noisy(test, 0.3, 5), .auxiliary = noisy(ads, 0.2, 6)};
  serving.has_auxiliary = true;
  GateModel candidate = serving;
  EXPECT_EQ(gate({test, ads, candidate, serving}, {}).verdict, GateVerdict::kPassed);
  candidate.auxiliary = noisy(ads, 0.7, 8);
  const GateReport worse = gate({test, ads, candidate, serving}, {});
  EXPECT_EQ(worse.verdict, GateVerdict::kRefused);
  EXPECT_THAT(to_text(worse), HasSubstr("REFUSED AUC                ads"));
  const GateModel without{.main = serving.main};
  for (const InstanceTable* log : {&ads, &none}) {
    GateModel current = serving;
    if (log->size() == 0) current.auxiliary.clear();
    const GateReport report = gate({test, *log, without, current}, {});
    EXPECT_EQ(report.verdict, GateVerdict::kRefused);
    EXPECT_THAT(to_text(report), HasSubstr("REFUSED auxiliary task"));
  }
  EXPECT_EQ(gate({test, ads, serving, without}, {}).verdict, GateVerdict::kPassed);
}

// A log that kept a tenth of what was not clicked makes right probabilities look wrong.
TEST(Gate, JudgesProbabilitiesAsIfTheLogHadKeptAllNegatives) {
  const InstanceTable all = table(3);
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (all.clicked[i] || i % 10 == 0) kept.push_back(i);
  }
  InstanceTable log = all;
  log.user = take(all.user, kept);
  log.search = take(all.search, kept);
  log.category = take(all.category, kept);
  log.clicked = take(all.clicked, kept);
  log.is_cold = take(all.is_cold, kept);
  log.truth = take(all.truth, kept);
  const std::vector<float>& right = log.truth;
  EXPECT_GT(calibration_error(right, log.clicked), 0.2);
  EXPECT_LT(calibration_error(right, log.clicked, 10), 0.05);
  std::vector<float> of_log = right;  // what the log's own click rates are
  for (float& p : of_log) p = p / (p + (1 - p) / 10);
  EXPECT_EQ(judge(log, right, of_log).verdict, GateVerdict::kRefused);
  EXPECT_EQ(judge(log, right, of_log, {.negatives_kept = 0.1}).verdict, GateVerdict::kPassed);
  EXPECT_EQ(judge(log, of_log, right, {.negatives_kept = 0.1}).verdict, GateVerdict::kRefused);
}

}  // namespace
}  // namespace barker

#include "plugin/experiments.h"

#include <gmock/gmock.h>

#include <charconv>
#include <map>
#include <set>
#include <string>

namespace barker {
namespace {

using testing::HasSubstr;

std::string experiment_error(const std::string& toml) {
  const auto experiments = Experiments::parse(toml, {});
  return experiments.ok() ? "" : experiments.status().message();
}

// An experiment of two arms, the second of which sets what it is given.
std::string experiment(const std::string& name, const std::string& more, const std::string& sets) {
  return "[[experiment]]\nname = \"" + name + "\"\n" + more +
         "\n[[experiment.arm]]\nname = \"control\"\nshare = 0.5\n[[experiment.arm]]\nname = "
         "\"treatment\"\nshare = 0.5\n" +
         sets + "\n";
}

// How many of some users are in each arm, "" those in none.
std::map<std::string, int> count_arms(const Experiments& experiments, int users) {
  std::map<std::string, int> counts;
  for (int i = 0; i < users; ++i) {
    Policy policy;
    const Assignment in = experiments.assign("user" + std::to_string(i), policy);
    std::string arms;
    for (uint32_t a = 0; a < in.count; ++a) {
      arms += std::string(in.arms[a]->label.experiment) + "=" + in.arms[a]->label.arm + " ";
    }
    ++counts[arms];
  }
  return counts;
}

// The digest of the second arm.
uint64_t policy_of(const std::string& sets, const Policy& configured = {}) {
  const auto parsed = Experiments::parse(experiment("e", "", sets), configured);
  EXPECT_TRUE(parsed.ok()) << sets << ": " << parsed.status().message();
  if (!parsed.ok()) return 0;
  for (int i = 0; i < 100; ++i) {
    Policy policy;
    const Assignment in = parsed->assign("user" + std::to_string(i), policy);
    if (in.arms[0]->name == "treatment") return in.arms[0]->policy;
  }
  ADD_FAILURE() << "nobody is in the arm";
  return 0;
}

TEST(Experiments, HaveADigestOfEachArmsPolicyThatEveryKeyChanges) {
  Policy less_alike, promoting;  // by keys that an arm does not have
  less_alike.choose.maximum_cosine = 0.5f;
  promoting.choose.duplicates = Duplicates::kPromote;
  ASSERT_NE(Policy().choose.duplicates, Duplicates::kPromote);
  const std::set<uint64_t> different = {
      policy_of(""),
      policy_of("selling_points = 1"),
      policy_of("minimum_score = 0.1"),
      policy_of("minimum_score = 0.2"),
      policy_of("lower_bound = 1"),
      policy_of("choose_by = \"click_rate\""),
      policy_of("choose_by = \"random\""),
      policy_of("display = \"best_last\""),
      policy_of("display = \"as_listed\""),
      policy_of("highlight = false"),
      policy_of("weights = \"serving\""),
      policy_of("weights = \"canary\""),
      policy_of("order = {bid = 0.5}"),
      policy_of("order = {pctr = 0.5}"),
      policy_of("order = {first_pass = 0.5}"),
      policy_of("explore_share = 0.5"),
      policy_of("explore_by = \"thompson\""),
      policy_of("explore_prior = 2"),
      policy_of("", less_alike),
      policy_of("", promoting),
  };
  EXPECT_EQ(different.size(), 20u);
}

TEST(Experiments, HaveADigestThatDoesNotDependOnHowAPolicyIsWritten) {
  const uint64_t digest = policy_of("selling_points = 1\nhighlight = false");
  EXPECT_EQ(policy_of("highlight = false\nselling_points = 1"), digest);
  EXPECT_EQ(policy_of("highlight = false\nselling_points = 1\nlower_bound = 0.0"), digest)
      << "what an arm says is what is configured anyway";
  Policy configured;
  configured.choose.count = 1;
  EXPECT_EQ(policy_of("highlight = false", configured), digest);
  EXPECT_EQ(policy_of("selling_points = 1\nhighlight = false", configured), digest);
  configured.choose.lower_bound = 1;
  EXPECT_NE(policy_of("highlight = false", configured), digest);
}

// Logs are compared across versions: a number that changes here splits each running experiment.
TEST(Experiments, HaveTheSameDigestsInEveryBuild) {
  EXPECT_EQ(policy_of(""), 12634961104681165283u);
  EXPECT_EQ(policy_of("selling_points = 1\nminimum_score = 0.3\nchoose_by = \"click_rate\""),
            9533473161116710972u);
}

// The five experiments of the paper's Table 2 as arms: no SPs, non-personal SPs, personal SPs,
// highlighted or not, one, two or three of them.
TEST(Experiments, ExpressEveryRowOfTable2) {
  const std::string arms[] = {"selling_points = 0",         "choose_by = \"click_rate\"",
                              "choose_by = \"attraction\"", "highlight = false",
                              "highlight = true",           "selling_points = 1",
                              "selling_points = 2",         "selling_points = 3"};
  for (const std::string& arm : arms) {
    const auto parsed = Experiments::parse(experiment("row", "", arm), {});
    ASSERT_TRUE(parsed.ok()) << arm << ": " << parsed.status().message();
  }
  EXPECT_TRUE(Experiments::parse(experiment("row", "", arms[1]), {})->need_click_rates());
  EXPECT_EQ(Experiments::parse(experiment("row", "", arms[7]), {})->most_selling_points(), 3u);
}

TEST(Experiments, ChangeWhatTheirArmsSetAndNothingElse) {
  const auto experiments = Experiments::parse(
      experiment(
          "e", "",
          "selling_points = 3\nminimum_score = 0.5\nlower_bound = 1.5\nchoose_by = \"random\"\n"
          "display = \"best_last\"\nhighlight = false\nweights = \"canary\"\n"
          "order = {bid = 0.5, first_pass = 0}\nexplore_share = 0.25\n"
          "explore_by = \"thompson\"\nexplore_prior = 2"),
      {});
  ASSERT_TRUE(experiments.ok()) << experiments.status().message();
  Policy base;
  base.order.bid = 2;
  base.order.pctr = 0.25;
  bool saw[2] = {};
  for (int i = 0; i < 100; ++i) {
    Policy policy = base;
    const Assignment in = experiments->assign("u" + std::to_string(i), policy);
    ASSERT_EQ(in.count, 1u);
    const bool is_treated = std::string(in.arms[0]->label.arm) == "treatment";
    saw[is_treated] = true;
    if (!is_treated) {
      EXPECT_EQ(policy.choose.count, base.choose.count);
      EXPECT_EQ(policy.order.bid, 2);
      EXPECT_FALSE(policy.draws());
      continue;
    }
    EXPECT_EQ(policy.choose.count, 3u);
    EXPECT_EQ(policy.choose.minimum_logit, 0);
    EXPECT_EQ(policy.choose.lower_bound, 1.5f);
    EXPECT_EQ(policy.by, ChooseBy::kRandom);
    EXPECT_EQ(policy.display, DisplayOrder::kBestLast);
    EXPECT_FALSE(policy.is_highlighted);
    EXPECT_EQ(policy.weights, WeightsRole::kCanary);
    EXPECT_EQ(policy.order.bid, 0.5);
    EXPECT_EQ(policy.order.pctr, 0.25) << "as configured";
    EXPECT_EQ(policy.order.first_pass, 0);
    EXPECT_EQ(policy.exploration.share, 0.25);
    EXPECT_EQ(policy.exploration.by, ExploreBy::kThompson);
    EXPECT_EQ(policy.exploration.prior, 2);
    EXPECT_TRUE(policy.draws());
  }
  EXPECT_TRUE(saw[0] && saw[1]);
}

TEST(Experiments, OfOneLayerShareNoUser) {
  const auto experiments = Experiments::parse(
      experiment("a", "layer = \"l\"\nusers = [0.0, 0.5]", "selling_points = 1") +
          experiment("b", "layer = \"l\"\nusers = [0.5, 0.75]", "selling_points = 2"),
      {});
  ASSERT_TRUE(experiments.ok()) << experiments.status().message();
  const auto counts = count_arms(*experiments, 20'000);
  ASSERT_EQ(counts.size(), 5u);
  EXPECT_NEAR(counts.at(""), 5000, 300);
  EXPECT_NEAR(counts.at("a=control "), 5000, 300);
  EXPECT_NEAR(counts.at("a=treatment "), 5000, 300);
  EXPECT_NEAR(counts.at("b=control "), 2500, 250);
}

TEST(Experiments, OfDifferentLayersMeetInOneUserIndependently) {
  const auto experiments = Experiments::parse(
      experiment("a", "", "selling_points = 1") + experiment("b", "", "highlight = false"), {});
  ASSERT_TRUE(experiments.ok()) << experiments.status().message();
  const auto counts = count_arms(*experiments, 20'000);
  ASSERT_EQ(counts.size(), 4u);
  for (const auto& [arms, count] : counts) EXPECT_NEAR(count, 5000, 300) << arms;
}

TEST(Experiments, KeepTheirUsersInTheirArmsWhileTheyGrow) {
  const auto before = Experiments::parse(experiment("a", "users = 0.1", "selling_points = 1"), {});
  const auto after = Experiments::parse(experiment("a", "users = 0.6", "selling_points = 1"), {});
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string user = "user" + std::to_string(i);
    Policy policy;
    const Assignment then = before->assign(user, policy), now = after->assign(user, policy);
    if (then.count == 0) continue;
    ++kept;
    ASSERT_EQ(now.count, 1u);
    EXPECT_STREQ(then.arms[0]->label.arm, now.arms[0]->label.arm);
  }
  EXPECT_NEAR(kept, 1000, 150);
}

// A process that is started again, another machine and whoever reads a log years later deal the
// same users to the same arms: these were written down once.
TEST(Experiments, DealUsersAsTheyAlwaysDid) {
  const auto experiments = Experiments::parse(
      experiment("points", "layer = \"titles\"\nsalt = \"s\"\nusers = 0.5", "selling_points = 1"),
      {});
  ASSERT_TRUE(experiments.ok()) << experiments.status().message();
  std::string dealt;
  for (int i = 0; i < 40; ++i) {
    Policy policy;
    const Assignment in = experiments->assign("user" + std::to_string(i), policy);
    dealt += in.count == 0 ? '-' : in.arms[0]->label.arm[0];
  }
  EXPECT_EQ(dealt, "t-c-------t--t--ccc--cc---c----tt-----t-");
}

// Pearson's statistic over a million ids as they come in requests.
TEST(Experiments, DealAMillionUsersEvenly) {
  constexpr int kUsers = 1'000'000;
  const auto experiments = Experiments::parse(experiment("even", "", "selling_points = 1"), {});
  ASSERT_TRUE(experiments.ok()) << experiments.status().message();
  int treated = 0;
  Policy policy;
  for (int i = 0; i < kUsers; ++i) {
    char id[16];
    const char* const end = std::to_chars(id, id + sizeof id, i).ptr;
    const std::string_view user(id, static_cast<size_t>(end - id));
    treated += experiments->assign(user, policy).arms[0]->label.arm[0] == 't';
  }
  const double off = treated - kUsers / 2.0;
  constexpr double kRare = 10.83;  // of chi-square with 1 degree of freedom: p = .001
  EXPECT_LT(2 * off * off / (kUsers / 2.0), kRare) << treated;
}

TEST(Experiments, MoveUsersByTheirSalt) {
  const auto one = Experiments::parse(experiment("a", "salt = \"1\"", "selling_points = 1"), {});
  const auto two = Experiments::parse(experiment("a", "salt = \"2\"", "selling_points = 1"), {});
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    Policy policy;
    const std::string user = "user" + std::to_string(i);
    moved += std::string(one->assign(user, policy).arms[0]->label.arm) !=
             two->assign(user, policy).arms[0]->label.arm;
  }
  EXPECT_NEAR(moved, 500, 80);
}

TEST(Experiments, HoldNobodyWithoutAnId) {
  const auto experiments = Experiments::parse(experiment("a", "", "selling_points = 0"), {});
  Policy policy;
  EXPECT_EQ(experiments->assign("", policy).count, 0u);
  EXPECT_EQ(policy.choose.count, Policy().choose.count);
}

TEST(Experiments, AreRefusedWhereTheyOverlap) {
  EXPECT_THAT(experiment_error(experiment("a", "layer = \"l\"", "selling_points = 1") +
                               experiment("b", "layer = \"l\"", "highlight = false")),
              HasSubstr("overlap: their parts of the layer \"l\" share users"));
  EXPECT_THAT(experiment_error(experiment("a", "", "selling_points = 1") +
                               experiment("b", "", "selling_points = 2")),
              HasSubstr("both set selling_points"));
  EXPECT_THAT(
      experiment_error(experiment("a", "layer = \"l\"\nusers = 0.1", "") +
                       experiment("b", "layer = \"l\"\nsalt = \"x\"\nusers = [0.1, 0.2]", "")),
      HasSubstr("different salts"));
  EXPECT_THAT(experiment_error(experiment("a", "", "") + experiment("a", "", "")),
              HasSubstr("two experiments"));
}

TEST(Experiments, AreRefusedWithLineAndKey) {
  EXPECT_THAT(experiment_error("[experiment]\nname = \"a\""),
              HasSubstr("expected tables [[experiment]]"));
  EXPECT_THAT(experiment_error("[[experiment]]\nnam = \"a\""),
              HasSubstr("line 2: experiment.nam: no such key"));
  EXPECT_THAT(experiment_error("[[experiment]]\nname = \"a b\""), HasSubstr("experiment.name"));
  EXPECT_THAT(experiment_error("[[experiment]]\nname = \"a\""), HasSubstr("at least two arms"));
  EXPECT_THAT(experiment_error(experiment("a", "users = 1.5", "")),
              HasSubstr("line 3: experiment.users"));
  EXPECT_THAT(experiment_error(experiment("a", "users = [0.5, 0.5]", "")), HasSubstr("from < to"));
  EXPECT_THAT(experiment_error(experiment("a", "users = [0.5]", "")), HasSubstr("[from, to]"));
  EXPECT_THAT(experiment_error(experiment("a", "users = [\"x\", 1]", "")), HasSubstr("[from, to]"));
  EXPECT_THAT(experiment_error(experiment("a", "", "selling_points = 4")),
              HasSubstr("experiment.arm.selling_points: expected an integer from 0 to 3"));
  EXPECT_THAT(experiment_error(experiment("a", "", "choose_by = \"luck\"")),
              HasSubstr("expected one of attraction, click_rate, random, found \"luck\""));
  EXPECT_THAT(experiment_error(experiment("a", "", "order = {bid = 11}")), HasSubstr("order.bid"));
  EXPECT_THAT(experiment_error(experiment("a", "", "order = {bids = 1}")),
              HasSubstr("no such key"));
  EXPECT_THAT(experiment_error(
                  "[[experiment]]\nname = \"a\"\n[[experiment.arm]]\nname = \"x\"\nshare = 0.5\n"
                  "[[experiment.arm]]\nname = \"y\"\nshare = 0.4\n"),
              HasSubstr("must sum to 1, found 0.9"));
  EXPECT_THAT(experiment_error(
                  "[[experiment]]\nname = \"a\"\n[[experiment.arm]]\nname = \"x\"\nshare = 0.5\n"
                  "[[experiment.arm]]\nname = \"x\"\nshare = 0.5\n"),
              HasSubstr("two arms are named"));
}

}  // namespace
}  // namespace barker

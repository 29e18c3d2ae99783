// How LifeCycle judges weights and canaries, and where the way back leads, look by look.
#include <gmock/gmock.h>

#include "tests/plugin/host/life_cycle_fixture.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- probation

TEST_F(LifeCycleTest, EveryEventIsOneJsonObjectWithTheTimeInUtc) {
  start();
  look_at("CURRENT", kV2);
  ASSERT_EQ(events_.size(), 2u);
  for (const std::string& line : events_) {
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const std::string time = nlohmann::json::parse(line).at("time").get<std::string>();
    EXPECT_THAT(time, testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
  }
}

TEST_F(LifeCycleTest, ACanaryIsOnProbationAsLongAsItIsOne) {
  start({.probation_seconds = 0});
  look_at("label.canary", kV2);
  for (int i = 0; i < 3; ++i) life_->look();
  answered(plugin_.canary, 1000, 20);
  life_->look();
  EXPECT_FALSE(life_->has_canary());
}

TEST_F(LifeCycleTest, LoadsWeightsThatItDoesNotFollowWhenItIsAskedTo) {
  start({.follow_weights = false});
  ASSERT_EQ(served(), kV1);
  look_at("CURRENT", kV2);
  look_at("label.canary", kV3);
  EXPECT_EQ(served(), kV1);
  EXPECT_FALSE(life_->has_canary());
  admin("status");
  EXPECT_EQ(served(), kV1);
  admin("look");
  EXPECT_EQ(served(), kV2);
  EXPECT_TRUE(life_->has_canary());
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV2) << "it was asked once";
  life_->retry();
  life_->look();
  EXPECT_EQ(served(), kV3);
  EXPECT_FALSE(life_->has_canary());
}

TEST_F(LifeCycleTest, ReloadsRulesAloneWhereThereAreSome) {
  start();
  EXPECT_THAT(admin("reload rules"), HasSubstr("\"error\":\"there is no file of rules\""));
  write(rules_, "off = false");
  start({.follow_weights = false, .rules = rules_});
  const int before = plugin_.rules_loads;
  name("CURRENT", kV2);
  write(rules_, "off = true");
  EXPECT_THAT(admin("reload rules"), HasSubstr("\"rules_refused\":false"));
  EXPECT_EQ(plugin_.rules_loads, before + 1);
  EXPECT_EQ(served(), kV1);
  admin("reload weights");
  EXPECT_EQ(served(), kV2);
}

TEST_F(LifeCycleTest, LoadsWeightsThatItWasAskedToOnceNoOthersAreOnProbation) {
  start({.follow_weights = false}, FakePlugin::old_api());
  name("CURRENT", kV2);
  admin("reload");
  name("CURRENT", kV3);
  admin("reload");
  ASSERT_EQ(served(), kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV3) << "v2 was taken back";
  look_at("CURRENT", kV1);
  EXPECT_EQ(served(), kV3);
}

TEST_F(LifeCycleTest, TellsTheSharesThatAreInForce) {
  start();
  EXPECT_EQ(status()["shares"], nlohmann::json({{"served", 0.25}, {"compared", 0.5}}))
      << "they are as the plugin is configured";
  admin("shares 0.2 0.75");
  EXPECT_EQ(status()["shares"], nlohmann::json({{"served", 0.2}, {"compared", 0.75}}));
  admin("shares x 1");
  EXPECT_EQ(status()["shares"]["served"], 0.2) << "a command that is refused changes nothing";
}

TEST_F(LifeCycleTest, TellsOfAnOlderPluginTheSharesThatACommandHasSet) {
  start({}, FakePlugin::old_api());
  EXPECT_TRUE(status()["shares"].is_null());
  look_at("label.canary", kV2);
  admin("shares 0.2 0.75");
  fs::remove(directory_ + "/label.canary");
  life_->look();
  EXPECT_EQ(status()["shares"]["served"], 0.2) << "how it is configured is not known";
}

TEST_F(LifeCycleTest, EveryCanaryBeginsWithTheSharesThatAreConfigured) {
  start();
  const auto served_share = [this] { return status()["shares"]["served"].get<double>(); };
  admin("shares 0.1 0");
  look_at("label.canary", kV2);
  EXPECT_EQ(served_share(), 0.1) << "set for the next canary";
  EXPECT_THAT(events_.back(), HasSubstr("\"served\":0.1,\"compared\":0"));
  admin("shares 0.9 0");
  look_at("label.canary", kV3);
  EXPECT_EQ(served_share(), 0.25) << "another one takes its place";
  admin("shares 0.9 0");
  look_at("CURRENT", kV3);
  ASSERT_FALSE(life_->has_canary());
  EXPECT_EQ(served_share(), 0.25) << "it was promoted";
  look_at("label.canary", kV2);
  admin("shares 0.9 0");
  answered(plugin_.canary, 100, 100);
  life_->look();
  ASSERT_FALSE(life_->has_canary());
  EXPECT_EQ(served_share(), 0.25) << "it failed";
}

TEST_F(LifeCycleTest, RestoresSharesOnceThereIsMemory) {
  start();
  look_at("label.canary", kV2);
  admin("shares 0.9 0");
  plugin_.is_short_of_memory = true;
  look_at("CURRENT", kV2);
  ASSERT_FALSE(life_->has_canary());
  EXPECT_EQ(status()["shares"]["served"], 0.9);
  plugin_.is_short_of_memory = false;
  life_->look();
  EXPECT_EQ(status()["shares"]["served"], 0.25);
}

TEST_F(LifeCycleTest, ALookStartsACanaryAndLeavesWhatWasTakenBack) {
  start();
  look_at("CURRENT", kV2);
  admin("rollback");
  ASSERT_EQ(served(), kV1);
  name("label.canary", kV3);
  admin("look");
  EXPECT_TRUE(life_->has_canary());
  EXPECT_EQ(served(), kV1);
  admin("reload");
  EXPECT_EQ(served(), kV2) << "a reload tries again what was taken back";
}

TEST_F(LifeCycleTest, ACanaryThatIsOnlyComparedStopsWhenItFailsThere) {
  start();
  look_at("label.canary", kV2);
  plugin_.agreement.serving = 1;
  plugin_.agreement.canary = 2;
  plugin_.agreement.compared = 1000;
  plugin_.agreement.canary_failed = 19;
  life_->look();
  EXPECT_TRUE(life_->has_canary()) << "these are too few queries for a verdict";
  plugin_.agreement.canary_failed = 100;
  plugin_.agreement.serving_failed = 95;
  life_->look();
  EXPECT_TRUE(life_->has_canary()) << "the serving weights fail as often";
  plugin_.agreement.serving_failed = 80;
  life_->look();
  EXPECT_FALSE(life_->has_canary());
  EXPECT_THAT(events_.back(), HasSubstr("100 of 1000 compared queries failed"));
  plugin_.agreement = {};
  life_->look();
  EXPECT_FALSE(life_->has_canary()) << "a stopped canary is not started again";
}

TEST_F(LifeCycleTest, JudgesWeightsBeforeTheirProbationEnds) {
  start({.probation_seconds = 0});
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, LeavesWeightsAloneAfterTheirProbation) {
  start({.probation_seconds = 0});
  look_at("CURRENT", kV2);
  life_->look();
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV2);
}

TEST_F(LifeCycleTest, DoesNotBlameNewWeightsForDeadlinesThatWereMissedBeforeThem) {
  start();
  answered(plugin_.serving, 1000, 0, 100);
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1000, 0, 105);
  life_->look();
  EXPECT_EQ(served(), kV2);
  answered(plugin_.serving, 0, 0, 10);
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(),
              HasSubstr("of the queries of the weights before or beside these, 10.00% were"));
}

TEST_F(LifeCycleTest, TakesFailingWeightsBackHoweverManyDeadlinesWereMissedBefore) {
  start();
  answered(plugin_.serving, 1000, 0, 500);
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1000, 20, 0);
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(), HasSubstr("20 of 1000 queries failed"));
}

TEST_F(LifeCycleTest, SaysOnceThatFailingWeightsCannotBeRolledBackYet) {
  start();
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  plugin_.is_short_of_memory = true;
  for (int i = 0; i < 3; ++i) life_->look();
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_THAT(events_.back(), HasSubstr("cannot be rolled back yet: out of memory"));
  plugin_.is_short_of_memory = false;
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(), HasSubstr("\"rolled back\""));
}

TEST_F(LifeCycleTest, SaysOnceThatAFailingCanaryCannotBeStoppedYet) {
  start();
  look_at("label.canary", kV2);
  answered(plugin_.canary, 100, 100);
  plugin_.is_short_of_memory = true;
  for (int i = 0; i < 3; ++i) life_->look();
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_THAT(events_.back(), HasSubstr("out of memory"));
  EXPECT_TRUE(life_->has_canary());
  plugin_.is_short_of_memory = false;
  life_->look();
  EXPECT_FALSE(life_->has_canary());
  EXPECT_THAT(events_.back(), HasSubstr("\"stopped\""));
}

TEST_F(LifeCycleTest, ComparesACanaryWithTheWeightsThatServeBesideIt) {
  start();
  look_at("label.canary", kV2);
  answered(plugin_.serving, 1000, 0, 100);
  answered(plugin_.canary, 1000, 0, 105);
  life_->look();
  EXPECT_TRUE(life_->has_canary());
  answered(plugin_.canary, 0, 0, 10);
  life_->look();
  EXPECT_FALSE(life_->has_canary());
}

// ---- the way back

TEST_F(LifeCycleTest, ARollbackNeverBringsBackWhatWasTakenBack) {
  start();
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  ASSERT_EQ(served(), kV1);
  EXPECT_THAT(admin("rollback"), AllOf(HasSubstr("error"), HasSubstr(kV1), HasSubstr("reload")));
  EXPECT_EQ(served(), kV1);
  admin("reload");
  EXPECT_EQ(served(), kV2) << "reload brings what CURRENT names";
  EXPECT_THAT(admin("rollback"), Not(HasSubstr("error")));
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(admin("rollback"), HasSubstr("error"));
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV3);
  EXPECT_THAT(admin("rollback"), Not(HasSubstr("error")));
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, WeightsOnProbationNeverBecomeTheWayBack) {
  start();
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  EXPECT_EQ(plugin_.rollbacks, 0) << "queries must not see v1 on the way from v2 to v3";
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, ACanaryThatReplacesWeightsOnProbationKeepsTheWayBack) {
  start();
  look_at("label.canary", kV3);
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(plugin_.loads, 3) << "the canary is not loaded again";
  EXPECT_EQ(plugin_.rollbacks, 0);
  EXPECT_FALSE(life_->has_canary());
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
}

TEST_F(LifeCycleTest, ProbationGoesOnWhenTheNextVersionIsRefused) {
  start();
  look_at("CURRENT", kV2);
  plugin_.refused = kV3;
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV2);
  EXPECT_EQ(plugin_.rollbacks, 0);
  EXPECT_TRUE(status()["weights_refused"]);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
  plugin_.refused.clear();
  write(directory_ + "/" + kV3 + ".sig", "signed");
  life_->look();
  EXPECT_EQ(served(), kV3) << "v3 was refused, not taken back, so that a signature makes it due";
}

// A plugin of ABI 1.1 makes what serves the way back, whenever it loads.

TEST_F(LifeCycleTest, WithoutSwapNewWeightsAreLoadedOnceThoseOnProbationPassed) {
  start({.probation_seconds = 0}, FakePlugin::old_api());
  look_at("CURRENT", kV2);
  ASSERT_EQ(served(), kV2);
  name("CURRENT", kV3);
  life_->look();  // the probation of no seconds ends in this look, before v3 is found
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV2) << "v2 passed its probation";
}

TEST_F(LifeCycleTest, WithoutSwapWaitingWeightsAreReportedOnceAndLoadedAfterARollback) {
  start({}, FakePlugin::old_api());
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  life_->look();
  EXPECT_EQ(served(), kV2);
  EXPECT_EQ(plugin_.loads, 2);
  ASSERT_EQ(events_.size(), 4u) << "the speed of v2 is not judged";
  EXPECT_THAT(events_.back(), AllOf(HasSubstr("waiting"), HasSubstr(kV3), HasSubstr("swap")));
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(plugin_.rollbacks, 1);
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
}

TEST_F(LifeCycleTest, WithoutSwapACanaryIsNotPromotedOverWeightsOnProbation) {
  start({}, FakePlugin::old_api());
  look_at("label.canary", kV3);
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV2);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
}

TEST_F(LifeCycleTest, SaysWhetherWeightsWereRefusedOrRolledBack) {
  start();
  EXPECT_FALSE(status()["weights_refused"]);
  look_at("CURRENT", kV2);
  admin("rollback");
  EXPECT_FALSE(status()["weights_refused"]) << "the rollback was asked for";
  EXPECT_TRUE(status()["weights_rolled_back"]);
  plugin_.refused = kV3;
  look_at("CURRENT", kV3);
  EXPECT_TRUE(status()["weights_refused"]);
}

}  // namespace
}  // namespace barker

// How LifeCycle judges the speed of weights and canaries by the times of their queries.
#include <gmock/gmock.h>

#include "tests/plugin/host/life_cycle_fixture.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// `slow` of the queries take 4,100 ns, and the others 1,000.
std::vector<barker_latencies> times(uint64_t queries, uint64_t slow) {
  std::vector<barker_latencies> all = {{1000, 1000, queries - slow}};
  if (slow > 0) all.push_back({4100, 4100, slow});
  return all;
}

TEST_F(LifeCycleTest, TakesWeightsBackThatAreShownToBeSlow) {
  start({.slowest = 4});
  answered(plugin_.serving, 10'000);
  plugin_.serving_times = times(10'000, 0);
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1999);
  plugin_.serving_times = times(1999, 1000);
  life_->look();
  EXPECT_EQ(served(), kV2) << "these are too few queries for a verdict";
  plugin_.serving_times = times(2000, 30);
  life_->look();
  EXPECT_EQ(served(), kV2) << "the p99 is more than four times as long, but that can be chance";
  plugin_.serving_times = times(4000, 80);
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(
      events_.back(),
      AllOf(HasSubstr("rolled back"),
            HasSubstr("80 of 4000 queries took more than 4 times as long as the p99 of the weights "
                      "before or beside these, which is 1.0 us")));
}

TEST_F(LifeCycleTest, DoesNotJudgeTheSpeedOfAPluginThatDoesNotTellTimesOrWhereItIsNotToBe) {
  // What serves after nine of ten queries took more than four times as long as before.
  const auto served_after = [this](const Watched& watched, const barker_api& api) {
    name("CURRENT", kV1);
    start(watched, api);
    answered(plugin_.serving, 10'000);
    plugin_.serving_times = times(10'000, 0);
    look_at("CURRENT", kV2);
    plugin_.serving_times = times(10'000, 9000);
    life_->look();
    return served();
  };
  EXPECT_EQ(served_after({.slowest = 4}, FakePlugin::old_api()), kV2);
  EXPECT_EQ(served_after({.slowest = 0}, FakePlugin::api()), kV2);
  EXPECT_EQ(served_after({.slowest = 4}, FakePlugin::api()), kV1) << "others are judged by them";
}

TEST_F(LifeCycleTest, SaysOnceThatSpeedIsNotJudgedWhereThePluginDoesNotTellTimes) {
  start({}, FakePlugin::old_api());
  life_->look();
  EXPECT_EQ(events_.size(), 1u) << "the first weights have no probation: " << events_.back();
  const auto says_so = [this](const char* file, const char* version, const char* event,
                              size_t events) {
    look_at(file, version);
    for (int i = 0; i < 3; ++i) life_->look();
    EXPECT_EQ(events_.size(), events);
    EXPECT_THAT(events_.back(),
                AllOf(HasSubstr(event), HasSubstr(R"("result":"speed is not judged")"),
                      HasSubstr("lacks barker.canary/1, read_latencies")));
  };
  says_so("CURRENT", kV2, R"("event":"weights","version":"000002.barker")", 3);
  says_so("label.canary", kV3, R"("event":"canary","version":"000003.barker")", 5);
}

TEST_F(LifeCycleTest, SaysNothingOfSpeedThatIsNotToBeJudged) {
  start({.slowest = 0}, FakePlugin::old_api());
  look_at("label.canary", kV3);
  look_at("CURRENT", kV2);
  for (int i = 0; i < 3; ++i) life_->look();
  EXPECT_EQ(events_.size(), 3u) << events_.back();
}

TEST_F(LifeCycleTest, SaysThatSpeedIsNotJudgedWhereTheTimesBeforeCouldNotBeRead) {
  start({.slowest = 4});
  plugin_.serving_times = times(10'000, 0);
  plugin_.times_fail = true;
  look_at("CURRENT", kV2);
  plugin_.times_fail = false;
  for (int i = 0; i < 3; ++i) life_->look();
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_THAT(events_.back(), AllOf(HasSubstr(R"("result":"speed is not judged")"),
                                    HasSubstr("read_latencies failed")));
  plugin_.serving_times = times(10'000, 9000);
  life_->look();
  EXPECT_EQ(served(), kV2) << "there is nothing to compare it with";
  plugin_.serving_times = times(10'000, 0);
  look_at("CURRENT", kV3);
  plugin_.serving_times = times(10'000, 9000);
  life_->look();
  EXPECT_EQ(served(), kV1) << "v3 is compared with v2, which could be read";
}

TEST_F(LifeCycleTest, JudgesSpeedAsSoonAsTheTimesCanBeReadAgain) {
  start({.slowest = 4});
  plugin_.serving_times = times(10'000, 0);
  look_at("CURRENT", kV2);
  plugin_.serving_times = times(10'000, 9000);
  plugin_.times_fail = true;
  for (int i = 0; i < 3; ++i) life_->look();
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(served(), kV2);
  EXPECT_THAT(events_.back(), AllOf(HasSubstr(R"("result":"speed is not judged yet")"),
                                    HasSubstr("read_latencies failed")));
  plugin_.times_fail = false;
  life_->look();
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, SaysOfEachCanaryOnceThatItsTimesCannotBeRead) {
  start({.slowest = 4});
  plugin_.times_fail = true;
  for (const char* version : {kV2, kV3}) {
    look_at("label.canary", version);
    for (int i = 0; i < 3; ++i) life_->look();
    EXPECT_THAT(events_.back(),
                AllOf(HasSubstr(version), HasSubstr(R"("result":"speed is not judged yet")")));
  }
  EXPECT_EQ(events_.size(), 5u);
}

TEST_F(LifeCycleTest, JudgesTheSpeedOfACanaryByQueriesThatWereAnsweredBesideIt) {
  start({.slowest = 4});
  plugin_.serving_times = times(100'000, 0);  // at night
  look_at("label.canary", kV2);
  // By day, a fifth of the queries of either side are slow.
  plugin_.serving_times = times(105'000, 1000);
  plugin_.canary_times = times(2500, 500);
  life_->look();
  life_->look();
  EXPECT_TRUE(life_->has_canary()) << events_.back();
  plugin_.serving_times = times(110'000, 1000);
  plugin_.canary_times = times(7500, 5000);
  life_->look();
  EXPECT_FALSE(life_->has_canary());
  EXPECT_THAT(events_.back(), HasSubstr("queries took more than 4 times as long"));
}

}  // namespace
}  // namespace barker

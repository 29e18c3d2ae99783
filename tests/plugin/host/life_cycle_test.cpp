// What LifeCycle does with what a plugin and a directory tell it, look by look: the plugin is a
// fake, so nothing here waits and every number is the test's.
#include "plugin/host/life_cycle.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/models/weights/random_model.h"
#include "tests/plugin/host/fake_plugin.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char *kV1 = "000001.barker", *kV2 = "000002.barker", *kV3 = "000003.barker";

void write(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  fs::rename(path + ".new", path);
}

void answered(barker_generation_stats& s, uint64_t queries, uint64_t non_finite = 0,
              uint64_t late = 0) {
  s.queries += queries;
  s.non_finite += non_finite;
  s.bypassed += non_finite + late;
  s.rescored += queries - non_finite - late;
}

class LifeCycleTest : public testing::Test {
 protected:
  LifeCycleTest() {
    fs::create_directories(directory_);
    for (const char* version : {kV1, kV2, kV3}) write(directory_ + "/" + version, version);
    name("CURRENT", kV1);
  }
  ~LifeCycleTest() override {
    fs::remove_all(directory_);
    fs::remove(rules_);
  }

  // Serves v1.
  void start(Watched watched = {}) {
    watched.weights = directory_;
    watched.tell = [this](const std::string& line) { events_.push_back(line); };
    life_ = std::make_unique<LifeCycle>(FakePlugin::api(), plugin_.handle(), watched);
    const Status status = life_->start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void name(const std::string& pointer, const std::string& version) {
    write(directory_ + "/" + pointer, version + "\n");
  }
  void look_at(const std::string& pointer, const std::string& version) {
    name(pointer, version);
    life_->look();
  }
  std::string served() const { return plugin_.served(); }
  std::string admin(const std::string& command) { return life_->answer(command); }
  nlohmann::json status() { return nlohmann::json::parse(admin("status")); }

  const std::string directory_ = temporary_path("life"), rules_ = temporary_path("rules");
  FakePlugin plugin_;
  std::vector<std::string> events_;
  std::unique_ptr<LifeCycle> life_;
};

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

TEST_F(LifeCycleTest, ACanaryThatIsOnlyComparedStopsWhenItFailsThere) {
  start();
  look_at("label.canary", kV2);
  plugin_.agreement.serving = 1;
  plugin_.agreement.canary = 2;
  plugin_.agreement.compared = 1000;
  plugin_.agreement.canary_failed = 19;
  life_->look();
  EXPECT_TRUE(life_->has_canary()) << "too few to say";
  plugin_.agreement.canary_failed = 100;
  plugin_.agreement.serving_failed = 95;
  life_->look();
  EXPECT_TRUE(life_->has_canary()) << "what serves fails as much";
  plugin_.agreement.serving_failed = 80;
  life_->look();
  EXPECT_FALSE(life_->has_canary());
  EXPECT_THAT(events_.back(), HasSubstr("100 of 1000 compared queries failed"));
  plugin_.agreement = {};
  life_->look();
  EXPECT_FALSE(life_->has_canary()) << "it is not started again";
}

TEST_F(LifeCycleTest, WhatEndsItsProbationIsJudgedFirst) {
  start({.probation_seconds = 0});
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, ProbationEnds) {
  start({.probation_seconds = 0});
  look_at("CURRENT", kV2);
  life_->look();
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV2);
}

TEST_F(LifeCycleTest, TakesWeightsBackThatAreSlow) {
  start({.slowest = 4});
  answered(plugin_.serving, 2000);
  plugin_.serving.p99_ns = 1000;
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1999);
  plugin_.serving.p99_ns = 4001;
  life_->look();
  EXPECT_EQ(served(), kV2) << "too few to say";
  answered(plugin_.serving, 1);
  plugin_.serving.p99_ns = 4000;
  life_->look();
  EXPECT_EQ(served(), kV2);
  plugin_.serving.p99_ns = 4001;
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(), AllOf(HasSubstr("rolled back"), HasSubstr("p99 4.0 us")));
}

TEST_F(LifeCycleTest, DeadlinesThatPassedBeforeAreNoFaultOfNewWeights) {
  start();
  answered(plugin_.serving, 1000, 0, 100);
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1000, 0, 105);
  life_->look();
  EXPECT_EQ(served(), kV2);
  answered(plugin_.serving, 0, 0, 10);
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(), HasSubstr("before or beside it 10.00%"));
}

TEST_F(LifeCycleTest, FailuresAreAFaultHoweverManyDeadlinesPassed) {
  start();
  answered(plugin_.serving, 1000, 0, 500);
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 1000, 20, 0);
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(), HasSubstr("20 of 1000 queries failed"));
}

TEST_F(LifeCycleTest, ACanaryIsMeasuredByWhatServesBesideIt) {
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

TEST_F(LifeCycleTest, ARollbackLeadsNotToWhatWasTakenBack) {
  start();
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  ASSERT_EQ(served(), kV1);
  EXPECT_THAT(admin("rollback"), AllOf(HasSubstr("error"), HasSubstr(kV1), HasSubstr("reload")));
  EXPECT_EQ(served(), kV1);
  admin("reload");
  EXPECT_EQ(served(), kV2) << "what CURRENT names, when it is asked for";
  EXPECT_THAT(admin("rollback"), Not(HasSubstr("error")));
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(admin("rollback"), HasSubstr("error"));
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV3);
  EXPECT_THAT(admin("rollback"), Not(HasSubstr("error")));
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, WhatIsOnProbationNeverBecomesTheWayBack) {
  start();
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
}

TEST_F(LifeCycleTest, ACanaryPromotedOverWhatIsOnProbationLeavesTheWayBack) {
  start();
  look_at("label.canary", kV3);
  look_at("CURRENT", kV2);
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV3);
  EXPECT_EQ(plugin_.loads, 3) << "not loaded again";
  EXPECT_FALSE(life_->has_canary());
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
}

TEST_F(LifeCycleTest, ProbationGoesOnWhenTheNextVersionIsRefused) {
  start();
  look_at("CURRENT", kV2);
  plugin_.refused = kV3;
  look_at("CURRENT", kV3);
  EXPECT_EQ(served(), kV2);
  EXPECT_TRUE(status()["weights_refused"]);
  answered(plugin_.serving, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1);
  plugin_.refused.clear();
  write(directory_ + "/" + kV3 + ".sig", "signed");
  life_->look();
  EXPECT_EQ(served(), kV3) << "that the other was taken back says nothing about the one refused";
}

TEST_F(LifeCycleTest, SaysWhetherWeightsWereRefusedOrRolledBack) {
  start();
  EXPECT_FALSE(status()["weights_refused"]);
  look_at("CURRENT", kV2);
  admin("rollback");
  EXPECT_FALSE(status()["weights_refused"]) << "it was asked for";
  EXPECT_TRUE(status()["weights_rolled_back"]);
  plugin_.refused = kV3;
  look_at("CURRENT", kV3);
  EXPECT_TRUE(status()["weights_refused"]);
}

// ---- what cannot be read

TEST_F(LifeCycleTest, NothingChangesWhileCurrentCannotBeRead) {
  start();
  look_at("CURRENT", kV2);
  answered(plugin_.serving, 100, 100);
  life_->look();
  ASSERT_EQ(served(), kV1);
  const int loads = plugin_.loads;
  fs::rename(directory_, directory_ + ".away");
  for (int i = 0; i < 3; ++i) life_->look();
  EXPECT_THAT(events_.back(), AllOf(HasSubstr("unreadable"), HasSubstr("No such file")));
  EXPECT_EQ(events_.size(), 4u) << "told once";
  fs::rename(directory_ + ".away", directory_);
  life_->look();
  EXPECT_EQ(served(), kV1) << "what was taken back stays so";
  EXPECT_EQ(plugin_.loads, loads);
  fs::rename(directory_, directory_ + ".away");
  life_->look();
  EXPECT_EQ(events_.size(), 5u) << "told again";
  fs::rename(directory_ + ".away", directory_);
}

TEST_F(LifeCycleTest, WhatServesIsNotLoadedAgainAfterItCouldNotBeRead) {
  start();
  look_at("CURRENT", kV2);
  const std::string current = directory_ + "/CURRENT";
  fs::rename(current, current + ".away");
  fs::create_directory(current);  // there, but not to be read
  life_->look();
  EXPECT_THAT(events_.back(), HasSubstr("unreadable"));
  fs::remove(current);
  fs::rename(current + ".away", current);
  life_->look();
  EXPECT_EQ(plugin_.loads, 2);
  EXPECT_EQ(FakePlugin::file_of(plugin_.previous), kV1);
}

TEST_F(LifeCycleTest, ACanaryStaysWhileItsLabelCannotBeRead) {
  start();
  look_at("label.canary", kV2);
  const std::string label = directory_ + "/label.canary";
  fs::rename(label, label + ".away");
  fs::create_directory(label);
  for (int i = 0; i < 3; ++i) life_->look();
  EXPECT_TRUE(life_->has_canary());
  EXPECT_EQ(events_.size(), 3u);
  EXPECT_THAT(events_.back(), AllOf(HasSubstr("canary"), HasSubstr("unreadable")));
  fs::remove(label);
  fs::rename(label + ".away", label);
  life_->look();
  EXPECT_EQ(plugin_.loads, 2);
  answered(plugin_.canary, 100, 100);
  life_->look();
  fs::rename(directory_, directory_ + ".away");
  life_->look();
  fs::rename(directory_ + ".away", directory_);
  life_->look();
  EXPECT_FALSE(life_->has_canary()) << "one that failed is not started again for it";
  fs::remove(label);
  life_->look();
  look_at("label.canary", kV2);
  EXPECT_TRUE(life_->has_canary()) << "a label that is gone and comes again is another";
}

TEST_F(LifeCycleTest, DoesNotStartOnWhatCannotBeRead) {
  fs::remove(directory_ + "/" + kV1);
  Watched watched;
  watched.weights = directory_;
  watched.tell = [](const std::string&) {};
  const Status status = LifeCycle(FakePlugin::api(), plugin_.handle(), watched).start();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(kV1));
}

TEST_F(LifeCycleTest, ABusyPluginIsNotTakenForAnother) {
  start();
  look_at("label.canary", kV3);
  look_at("CURRENT", kV2);
  plugin_.busy = true;
  for (int i = 0; i < 3; ++i) life_->look();
  EXPECT_TRUE(life_->has_canary());
  EXPECT_TRUE(status()["serving"].is_null());
  plugin_.busy = false;
  answered(plugin_.serving, 100, 100);
  answered(plugin_.canary, 100, 100);
  life_->look();
  EXPECT_EQ(served(), kV1) << "its probation went on";
  EXPECT_FALSE(life_->has_canary());
}

// ---- what is tried again

TEST_F(LifeCycleTest, ARefusedVersionIsTriedAgainWhenItIsSigned) {
  start();
  plugin_.refused = kV2;
  look_at("CURRENT", kV2);
  look_at("label.canary", kV2);
  life_->look();
  EXPECT_EQ(plugin_.loads, 3);
  plugin_.refused.clear();
  write(directory_ + "/" + kV2 + ".sig", "signed");
  life_->look();
  EXPECT_EQ(served(), kV2);
  write(directory_ + "/" + kV2 + ".sig", "signed by another");
  life_->look();
  EXPECT_EQ(plugin_.loads, 4) << "what was loaded is not loaded again";
}

TEST_F(LifeCycleTest, WhatWasTakenBackStaysSoWhenItIsSigned) {
  start();
  look_at("CURRENT", kV2);
  look_at("label.canary", kV3);
  answered(plugin_.serving, 100, 100);
  answered(plugin_.canary, 100, 100);
  life_->look();
  for (const char* version : {kV2, kV3}) write(directory_ + "/" + version + ".sig", "signed");
  life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_FALSE(life_->has_canary());
}

TEST_F(LifeCycleTest, SeesBytesThatChangedInPlaceUnderAnOldTime) {
  start();
  const std::string file = directory_ + "/" + kV1;
  struct stat before {
  }, after{};
  ASSERT_EQ(stat(file.c_str(), &before), 0);
  do {  // the kernel's clock is a coarse one
    std::ofstream(file) << std::string(std::string(kV1).size(), 'x');
    const timespec times[] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    ASSERT_EQ(stat(file.c_str(), &after), 0);
  } while (after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
  ASSERT_EQ(after.st_size, before.st_size);
  life_->look();
  EXPECT_EQ(plugin_.loads, 2);
}

TEST_F(LifeCycleTest, WhatNoMemoryInterruptedIsTriedAgain) {
  write(rules_, "off = false");
  start({.rules = rules_});
  plugin_.throws = true;
  write(rules_, "off = true");
  EXPECT_THROW(life_->look(), std::bad_alloc);
  life_->look();
  EXPECT_EQ(plugin_.rules_loads, 3) << "the kill switch comes into force";
  plugin_.throws = true;
  EXPECT_THROW(look_at("CURRENT", kV2), std::bad_alloc);
  life_->look();
  EXPECT_EQ(served(), kV2);
  plugin_.throws = true;
  EXPECT_THROW(look_at("label.canary", kV3), std::bad_alloc);
  life_->look();
  EXPECT_TRUE(life_->has_canary());
  const int loads = plugin_.loads;
  life_->look();
  EXPECT_EQ(plugin_.loads, loads);
}

}  // namespace
}  // namespace barker

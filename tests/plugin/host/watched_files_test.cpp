// What LifeCycle does with files that change, vanish or were refused, look by look.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/plugin/host/life_cycle_fixture.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// ---- files that cannot be read

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
  EXPECT_EQ(events_.size(), 4u) << "an unreadable file is reported once";
  fs::rename(directory_ + ".away", directory_);
  life_->look();
  EXPECT_EQ(served(), kV1) << "weights that were taken back are not loaded again";
  EXPECT_EQ(plugin_.loads, loads);
  fs::rename(directory_, directory_ + ".away");
  life_->look();
  EXPECT_EQ(events_.size(), 5u) << "a file that was readable in between is reported again";
  fs::rename(directory_ + ".away", directory_);
}

TEST_F(LifeCycleTest, SaysWhyWhatIsNamedIsNotInForce) {
  write(rules_, "right");
  Watched watched;
  watched.rules = rules_;
  start(watched);
  for (const char* fault : {"weights_fault", "canary_fault", "rules_fault", "experiments_fault"}) {
    EXPECT_TRUE(status().at(fault).is_null()) << fault;
  }
  name("CURRENT", "zzz");
  admin("reload");
  EXPECT_THAT(status()["weights_fault"].get<std::string>(), HasSubstr("zzz"));
  EXPECT_FALSE(status()["weights_refused"]) << "nothing was there to refuse";
  EXPECT_EQ(life_->unreadable(), 1u);
  const int refused = status()["loads_refused"];
  admin("look");
  EXPECT_EQ(life_->unreadable(), 1u) << "it is the same failure";
  admin("reload");
  EXPECT_EQ(life_->unreadable(), 2u) << "it was asked for again";
  EXPECT_EQ(status()["loads_refused"], refused + 1);
  fs::remove(directory_ + "/CURRENT");
  life_->look();
  EXPECT_THAT(status()["weights_fault"].get<std::string>(), HasSubstr("CURRENT"));
  plugin_.refused = kV2;
  look_at("CURRENT", kV2);
  EXPECT_TRUE(status()["weights_refused"]);
  EXPECT_TRUE(status()["weights_fault"].is_string());
  look_at("CURRENT", kV3);
  EXPECT_TRUE(status()["weights_fault"].is_null());
  name("label.canary", "zzz");
  life_->look();
  EXPECT_THAT(status()["canary_fault"].get<std::string>(), HasSubstr("zzz"));
  fs::remove(rules_);
  life_->look();
  EXPECT_THAT(status()["rules_fault"].get<std::string>(), HasSubstr(rules_));
}

TEST_F(LifeCycleTest, DoesNotLoadServingWeightsAgainAfterCurrentWasUnreadable) {
  start();
  look_at("CURRENT", kV2);
  const std::string current = directory_ + "/CURRENT";
  fs::rename(current, current + ".away");
  fs::create_directory(current);  // CURRENT exists, but cannot be read
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
  EXPECT_FALSE(life_->has_canary())
      << "a canary that failed is not started again because its directory was away";
  fs::remove(label);
  life_->look();
  look_at("label.canary", kV2);
  EXPECT_TRUE(life_->has_canary())
      << "a label that was removed and set again starts the canary again";
}

TEST_F(LifeCycleTest, DoesNotStartWithWeightsThatCannotBeRead) {
  fs::remove(directory_ + "/" + kV1);
  Watched watched;
  watched.weights = directory_;
  watched.tell = [](const std::string&) {};
  const Status status = LifeCycle(FakePlugin::api(), plugin_.handle(), watched).start();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(kV1));
}

TEST_F(LifeCycleTest, ChangesNothingWhileThePluginIsTooBusyToBeLookedAt) {
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
  EXPECT_EQ(served(), kV1) << "the probation went on";
  EXPECT_FALSE(life_->has_canary());
}

// ---- pointers that other users can write to

TEST_F(LifeCycleTest, DoesNotFollowACurrentThatOthersCanWriteTo) {
  start();
  name("CURRENT", kV2);
  ASSERT_EQ(chmod((directory_ + "/CURRENT").c_str(), 0666), 0);
  for (int i = 0; i < 3; ++i) life_->look();
  EXPECT_EQ(served(), kV1);
  EXPECT_THAT(events_.back(),
              AllOf(HasSubstr("unreadable"), HasSubstr("a file that only its owner can write to")));
  EXPECT_EQ(events_.size(), 2u) << "the event is told once";
  ASSERT_EQ(chmod((directory_ + "/CURRENT").c_str(), 0644), 0);
  life_->look();
  EXPECT_EQ(served(), kV2);
}

TEST_F(LifeCycleTest, DoesNotFollowACanaryLabelThatOthersCanWriteTo) {
  start();
  name("label.canary", kV2);
  ASSERT_EQ(chmod((directory_ + "/label.canary").c_str(), 0666), 0);
  life_->look();
  EXPECT_FALSE(life_->has_canary());
  EXPECT_THAT(events_.back(), AllOf(HasSubstr("canary"), HasSubstr("unreadable"),
                                    HasSubstr("a file that only its owner can write to")));
  ASSERT_EQ(chmod((directory_ + "/label.canary").c_str(), 0644), 0);
  life_->look();
  EXPECT_TRUE(life_->has_canary());
}

TEST_F(LifeCycleTest, FollowsPointersThatOthersCanWriteToWhereTheDirectoryIsShared) {
  start({.shared_directory = true});
  name("CURRENT", kV2);
  name("label.canary", kV3);
  for (const char* pointer : {"/CURRENT", "/label.canary"}) {
    ASSERT_EQ(chmod((directory_ + pointer).c_str(), 0666), 0);
  }
  life_->look();
  EXPECT_EQ(served(), kV2);
  EXPECT_TRUE(life_->has_canary());
}

TEST_F(LifeCycleTest, DoesNotStartWithACurrentThatOthersCanWriteTo) {
  ASSERT_EQ(chmod((directory_ + "/CURRENT").c_str(), 0666), 0);
  Watched watched;
  watched.weights = directory_;
  watched.tell = [](const std::string&) {};
  const Status status = LifeCycle(FakePlugin::api(), plugin_.handle(), watched).start();
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_EQ(plugin_.loads, 0);
}

// ---- files that are tried again

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
  EXPECT_EQ(plugin_.loads, 4) << "weights that were loaded are not loaded again for a signature";
}

TEST_F(LifeCycleTest, ASignatureDoesNotBringBackWhatWasTakenBack) {
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

TEST_F(LifeCycleTest, SeesThatAFileWasOverwrittenAndItsTimeSetBack) {
  start();
  const std::string file = directory_ + "/" + kV1;
  struct stat before {
  }, after{};
  ASSERT_EQ(stat(file.c_str(), &before), 0);
  do {  // until the kernel's coarse clock has moved on
    std::ofstream(file) << std::string(std::string(kV1).size(), 'x');
    const timespec times[] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    ASSERT_EQ(stat(file.c_str(), &after), 0);
  } while (after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
  ASSERT_EQ(after.st_size, before.st_size);
  life_->look();
  EXPECT_EQ(plugin_.loads, 2);
}

TEST_F(LifeCycleTest, TriesAgainWhatAnExceptionInterrupted) {
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

#include "models/weight_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

#include "models/weight_file.h"
#include "tests/models/random_model.h"
#include "tests/models/system_calls.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WeightDirectory : public ::testing::Test {
 protected:
  WeightDirectory() : file_(temporary_path("model.barker")), directory_(temporary_path("weights")) {
    EXPECT_TRUE(write_weight_file(random_model(1), file_).ok());
  }
  ~WeightDirectory() override {
    fs::remove(file_);
    fs::remove_all(directory_);
  }

  std::string publish(const std::string& label = "") {
    const auto version = publish_weights(file_, directory_, label);
    EXPECT_TRUE(version.ok()) << version.status().message();
    return version.ok() ? *version : "";
  }
  // The version that an engine would load, opened and checked.
  std::string serving() const {
    const auto path = resolve_weights_path(directory_);
    if (!path.ok()) return "";
    const auto file = WeightFile::open(*path);
    return file.ok() ? fs::path(*path).filename().string() : "damaged: " + *path;
  }

  const std::string file_, directory_;
};

TEST_F(WeightDirectory, PublishesUnderAscendingNumbersAndRollsBackAndForth) {
  EXPECT_EQ(publish(), "000001.barker");
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(rollback_weights(directory_).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(publish(), "000002.barker");
  EXPECT_EQ(serving(), "000002.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000001.barker");
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000002.barker");
  EXPECT_EQ(serving(), "000002.barker");
}

TEST_F(WeightDirectory, LabelsWithoutTouchingCurrent) {
  publish();
  EXPECT_EQ(publish("canary"), "000002.barker");
  EXPECT_EQ(serving(), "000001.barker");
  const auto versions = weight_versions(directory_);
  EXPECT_THAT((*versions)[1].labels, ElementsAre("canary"));
  EXPECT_TRUE((*versions)[0].current);
  EXPECT_THAT(publish_weights(file_, directory_, "../x").status().message(), HasSubstr("label"));
}

TEST_F(WeightDirectory, RefusesADamagedFileAndStaysAsItWas) {
  publish();
  std::ofstream(file_, std::ios::app) << "x";
  EXPECT_FALSE(publish_weights(file_, directory_).ok());
  EXPECT_EQ(weight_versions(directory_)->size(), 1u);
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(publish_weights("/nowhere", directory_).status().code(), Code::kNotFound);
  EXPECT_EQ(weight_versions("/nowhere").status().code(), Code::kNotFound);
}

TEST_F(WeightDirectory, PrunesOnlyWhatNothingNeeds) {
  for (int i = 0; i < 6; ++i) publish();
  publish("canary");  // 000007
  const auto open = WeightFile::open(directory_ + "/000002.barker");
  ASSERT_TRUE(open.ok());
  std::ofstream(directory_ + "/000009.barker.tmp.abcdef") << "scrap";
  const auto removed = prune_weights(directory_, 1);
  ASSERT_TRUE(removed.ok());
  EXPECT_THAT(*removed, ElementsAre("000001.barker", "000003.barker", "000004.barker",
                                    "000009.barker.tmp.abcdef"));
  EXPECT_EQ(serving(), "000006.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000005.barker");
}

// What may be done to a directory, each from the same beginning: two versions, the second current,
// and a third that is labelled.
class WeightDirectoryFaults : public WeightDirectory {
 protected:
  struct Deed {
    const char* name;
    std::function<int()> run;
  };
  std::vector<Deed> deeds() const {
    const auto code = [](const auto& result) { return result.ok() ? 0 : 1; };
    return {{"publish", [=, this] { return code(publish_weights(file_, directory_)); }},
            {"label", [=, this] { return code(publish_weights(file_, directory_, "canary")); }},
            {"rollback", [=, this] { return code(rollback_weights(directory_)); }},
            {"promote", [=, this] { return code(promote_label(directory_, "canary")); }},
            {"unlabel", [=, this] { return code(remove_label(directory_, "canary")); }},
            {"prune", [=, this] { return code(prune_weights(directory_, 1)); }}};
  }
  void begin() {
    fs::remove_all(directory_);
    publish();
    publish();
    publish("canary");
    std::ofstream(directory_ + "/000001.barker.tmp.left") << "by the dead";
  }
  // After whatever happened: CURRENT and the label, where there is one, lead to whole versions, and
  // the next publisher goes on.
  void expect_whole(const std::string& when) {
    EXPECT_THAT(serving(), ::testing::MatchesRegex("00000[0-9]\\.barker")) << when;
    const auto canary = resolve_weights_path(directory_, "canary");
    EXPECT_TRUE(!canary.ok() || WeightFile::open(*canary).ok()) << when;
    const auto versions = weight_versions(directory_);
    ASSERT_TRUE(versions.ok()) << when;
    for (const WeightVersion& v : *versions) {
      EXPECT_TRUE(WeightFile::open(directory_ + "/" + v.name).ok()) << when << " " << v.name;
    }
  }
  void go_on(const std::string& when) {
    const auto next = publish_weights(file_, directory_);
    EXPECT_TRUE(next.ok()) << when << ": " << next.status().message();
    EXPECT_EQ(serving(), *next) << when;
    EXPECT_TRUE(prune_weights(directory_, 1).ok()) << when;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      EXPECT_EQ(entry.path().string().find(".tmp."), std::string::npos) << when;
    }
  }
};

TEST_F(WeightDirectoryFaults, KilledAtAnySystemCallLeaveWholeVersions) {
  int kill_points = 0;
  for (const Deed& deed : deeds()) {
    for (int at = 1;; ++at) {
      begin();
      const Traced traced = run_traced(deed.run, {Fault::Kind::kKill, at});
      if (!traced.possible) GTEST_SKIP() << "this machine lets nobody trace";
      const std::string when = std::string(deed.name) + " killed at call " + std::to_string(at);
      expect_whole(when);
      go_on(when);
      if (!traced.happened) {
        EXPECT_EQ(traced.code, 0) << when;
        break;
      }
      ++kill_points;
    }
  }
  std::printf("%d kill points, a whole version served after each\n", kill_points);
  EXPECT_GT(kill_points, 200);
}

// A disk without room, a quota, a medium that fails: each call once, and from one call on.
TEST_F(WeightDirectoryFaults, WhoseSystemCallsFailReportItAndLeaveWholeVersions) {
  int failures = 0, reported = 0;
  for (const Deed& deed : deeds()) {
    for (const bool lasting : {false, true}) {
      for (int at = 1;; ++at) {
        begin();
        const int error = at % 2 ? ENOSPC : EIO;
        const Traced traced = run_traced(deed.run, {Fault::Kind::kError, at, error, lasting});
        if (!traced.possible) GTEST_SKIP() << "this machine lets nobody trace";
        const std::string when = std::string(deed.name) + " with call " + std::to_string(at) +
                                 " (" + std::to_string(traced.number) + ") failing";
        // Closing and the like may fail unseen; nothing ends in a crash.
        EXPECT_FALSE(traced.killed) << when << ", signal " << traced.signal;
        expect_whole(when);
        if (traced.code == 0 && std::string(deed.name) == "publish") {
          EXPECT_EQ(serving(), "000004.barker") << when << ": said done, and is not";
        }
        go_on(when);
        if (!traced.happened) break;
        ++failures;
        reported += traced.code != 0;
      }
    }
  }
  std::printf("%d failures, %d of them reported, a whole version served after each\n", failures,
              reported);
  EXPECT_GT(reported, failures / 4);
}

TEST_F(WeightDirectory, LetsSeveralPublishersWaitForEachOther) {
  constexpr int kPublishers = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < kPublishers; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(publish_weights(file_, directory_).ok() ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(weight_versions(directory_)->size(), static_cast<size_t>(kPublishers));
  EXPECT_EQ(serving(), "000006.barker");
}

}  // namespace
}  // namespace barker

#include "models/weight_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/weight_file.h"
#include "tests/models/random_model.h"

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

// A publisher that dies before any of its steps leaves a directory that serves a whole version, and
// the next one goes on.
TEST_F(WeightDirectory, ServesAWholeVersionWhereverAPublisherIsKilled) {
  publish();
  publish();
  int kill_points = 0;
  for (const bool roll_back : {false, true}) {
    for (int kill_at = 0;; ++kill_at) {
      const pid_t child = fork();
      if (child == 0) {
        int step = 0;
        const PublishStep die = [&](const char*) {
          if (step++ == kill_at) _exit(99);
        };
        if (roll_back) {
          _exit(rollback_weights(directory_, die).ok() ? 0 : 1);
        }
        _exit(publish_weights(file_, directory_, "", die).ok() ? 0 : 1);
      }
      int status = 0;
      waitpid(child, &status, 0);
      EXPECT_THAT(serving(), ::testing::MatchesRegex("0000[0-9][0-9]\\.barker"));
      if (WEXITSTATUS(status) != 99) {
        EXPECT_EQ(WEXITSTATUS(status), 0);
        break;  // past its last step
      }
      ++kill_points;
      publish();  // the lock of the dead is free
    }
  }
  EXPECT_GE(kill_points, 9);
  RecordProperty("kill_points", kill_points);
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

#include "index/retrieval/work_directory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "index/retrieval/index_writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

class WorkDirectories : public testing::Test {
 protected:
  WorkDirectories() { fs::create_directories(parent_); }
  ~WorkDirectories() override { fs::remove_all(parent_); }

  WorkDirectory make() const {
    Result<WorkDirectory> made = WorkDirectory::make(prefix_, 0777);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }
  size_t count() const {
    const fs::directory_iterator entries(parent_);
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }

  const std::string parent_ = temporary_path("work");
  const std::string prefix_ = parent_ + "/part.";
};

TEST_F(WorkDirectories, AreRemovedWithTheirObjectUnlessTheyAreKept) {
  std::string kept;
  {
    const WorkDirectory removed = make();
    WorkDirectory stays = make();
    std::ofstream(removed.path() + "/file") << "x";
    kept = stays.path();
    EXPECT_EQ(count(), 2u);
    stays.keep();
  }
  EXPECT_EQ(count(), 1u);
  EXPECT_TRUE(fs::exists(kept));
}

TEST_F(WorkDirectories, OfLivingProcessesAreNotAbandoned) {
  const WorkDirectory ours = make();
  WorkDirectory::remove_abandoned(prefix_);
  EXPECT_TRUE(fs::exists(ours.path()));
}

TEST_F(WorkDirectories, OfAKilledProcessAreAbandoned) {
  const WorkDirectory ours = make();
  const pid_t child = fork();
  if (child == 0) {
    const Result<WorkDirectory> theirs = WorkDirectory::make(prefix_, 0777);
    if (theirs.ok()) std::ofstream(theirs->path() + "/ads.jsonl") << "x";
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(count(), 2u);
  WorkDirectory::remove_abandoned(prefix_);
  EXPECT_EQ(count(), 1u);
  EXPECT_TRUE(fs::exists(ours.path()));
}

TEST_F(WorkDirectories, ThatAreAbandonedKeepWhatIsNoPartOfAnIndex) {
  const std::string abandoned = prefix_ + "1";
  fs::create_directories(abandoned);
  std::ofstream(abandoned + "/ads.jsonl") << "x";
  std::ofstream(abandoned + "/spent") << "x";
  WorkDirectory::remove_abandoned(prefix_);
  EXPECT_FALSE(fs::exists(abandoned + "/ads.jsonl"));
  EXPECT_TRUE(fs::exists(abandoned + "/spent"));
}

TEST_F(WorkDirectories, OfOtherNamesAndPlainFilesStay) {
  fs::create_directories(parent_ + "/other");
  std::ofstream(prefix_ + "file") << "x";
  fs::create_directory_symlink(parent_ + "/other", prefix_ + "link");
  WorkDirectory::remove_abandoned(prefix_);
  EXPECT_EQ(count(), 3u);
}

TEST_F(WorkDirectories, OfAKilledBuildAreRemovedByTheNextBuild) {
  CatalogueAd ad;
  ad.id = "a";
  ad.title = "Red dress";
  const std::string index = parent_ + "/index";
  const pid_t child = fork();
  if (child == 0) {
    Result<IndexWriter> writer = IndexWriter::open(index);
    if (writer.ok()) (void)writer->add(ad);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(count(), 1u);
  ASSERT_FALSE(fs::exists(index));
  ASSERT_TRUE(write_index({ad}, index).ok());
  EXPECT_TRUE(fs::exists(index + "/ads.store"));
  EXPECT_EQ(count(), 1u);
}

TEST_F(WorkDirectories, OfABuildThatIsGivenUpAreRemoved) {
  {
    Result<IndexWriter> writer = IndexWriter::open(parent_ + "/index");
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    CatalogueAd ad;
    ad.id = ad.title = "a";
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(writer->add(ad).ok());
    EXPECT_EQ(count(), 1u);
  }
  EXPECT_EQ(count(), 0u);
}

}  // namespace
}  // namespace barker

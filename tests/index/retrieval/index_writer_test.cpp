#include "index/retrieval/index_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "index/live/rebuild.h"
#include "index/retrieval/index_files.h"
#include "index/retrieval/work_directory.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class IndexWriters : public testing::Test {
 protected:
  IndexWriters() { fs::create_directories(parent_); }
  ~IndexWriters() override { fs::remove_all(parent_); }

  static Status write(const std::string& directory, const std::string& id = "a") {
    CatalogueAd ad;
    ad.id = id;
    ad.title = "Red dress";
    return write_index({ad}, directory);
  }
  // A writer of an index in the same place, with one ad, before finish().
  Result<IndexWriter> write_another() const {
    Result<IndexWriter> writer = IndexWriter::open(index_);
    CatalogueAd ad;
    ad.id = ad.title = "b";
    if (!writer.ok()) return writer;
    if (Status s = writer->add(ad); !s.ok()) return s;
    return writer;
  }
  static std::string source(const std::string& directory) {
    std::ifstream in(source_in(directory));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  size_t count() const {
    const fs::directory_iterator entries(parent_);
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }

  const std::string parent_ = temporary_path("writer");
  const std::string index_ = parent_ + "/index";
};

TEST_F(IndexWriters, LeaveNoFileThatIsNoPartOfAnIndex) {
  ASSERT_TRUE(write(index_).ok());
  const Status only = check_only_index_files(index_);
  EXPECT_TRUE(only.ok()) << only.message();
  ASSERT_TRUE(write(index_, "b").ok());
  EXPECT_THAT(source(index_), HasSubstr("\"b\""));
  EXPECT_EQ(count(), 1u);
}

TEST_F(IndexWriters, RefuseADirectoryThatHoldsAnyOtherFile) {
  for (const char* name : {"mycat.jsonl", "spent", "profiles.lmdb", "profiles.lmdb-lock", ".keep",
                           "ads.store.bak", "titles/notes.txt", "bids/_0.txt", "bids/_0"}) {
    ASSERT_TRUE(write(index_).ok());
    const std::string file = index_ + "/" + name;
    std::ofstream(file) << "precious";
    for (const Status& refused : {write(index_, "b"), rebuild_index(index_)}) {
      EXPECT_EQ(refused.code(), Code::kInvalidArgument);
      EXPECT_THAT(refused.message(), HasSubstr(file + ": is no part of an index"));
    }
    EXPECT_TRUE(fs::exists(file));
    EXPECT_THAT(source(index_), HasSubstr("\"a\""));
    EXPECT_EQ(count(), 1u);
    fs::remove(file);
  }
}

TEST_F(IndexWriters, RefuseADirectoryThatHoldsALinkOrADirectoryByTheNameOfAPart) {
  ASSERT_TRUE(write(index_).ok());
  fs::remove(index_ + "/manifest");
  fs::create_symlink(parent_ + "/elsewhere", index_ + "/manifest");
  EXPECT_THAT(write(index_).message(), HasSubstr("is no part of an index"));
  fs::remove(index_ + "/manifest");
  fs::create_directory(index_ + "/manifest");
  EXPECT_THAT(write(index_).message(), HasSubstr("is no part of an index"));
}

TEST_F(IndexWriters, ReplaceWhatOlderVersionsAndKilledBuildsLeft) {
  ASSERT_TRUE(write(index_).ok());
  fs::create_directory(index_ + "/lucene");
  for (const char* name : {"lucene/_0.cfs", "lucene/_0_1.del", "lucene/_0.s1", "lucene/segments_2",
                           "titles/write.lock", "manifest.tmp.12.0"}) {
    std::ofstream(index_ + "/" + name) << "x";
  }
  const Status written = write(index_, "b");
  EXPECT_TRUE(written.ok()) << written.message();
  EXPECT_EQ(count(), 1u);
}

TEST_F(IndexWriters, RefuseAFileThatCameDuringTheWork) {
  ASSERT_TRUE(write(index_).ok());
  Result<IndexWriter> writer = write_another();
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  std::ofstream(index_ + "/spent") << "x";
  EXPECT_THAT(writer->finish().message(), HasSubstr(index_ + "/spent: is no part of an index"));
  EXPECT_TRUE(fs::exists(index_ + "/spent"));
}

// The old index gets the name of a build, and other builds remove those that are not locked.
TEST_F(IndexWriters, HoldTheDirectoryThatTheyReplace) {
  ASSERT_TRUE(write(index_).ok());
  Result<IndexWriter> writer = write_another();
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  int lock = 0;
  const Status status = writer->finish([&](const std::string&) {
    lock = WorkDirectory::lock(index_, LOCK_EX | LOCK_NB);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(lock, -1);
  lock = WorkDirectory::lock(index_, LOCK_EX | LOCK_NB);
  EXPECT_GE(lock, 0);
  close(lock);
}

TEST_F(IndexWriters, RemoveAnIndexWithoutTheFilesOfOthers) {
  ASSERT_TRUE(write(index_).ok());
  std::ofstream(index_ + "/titles/notes.txt") << "x";
  EXPECT_THAT(remove_index(index_).message(),
              HasSubstr(index_ + "/titles/notes.txt: is no part of an index and is left there"));
  EXPECT_TRUE(fs::exists(index_ + "/titles/notes.txt"));
  EXPECT_FALSE(fs::exists(index_ + "/ads.store"));
  fs::remove(index_ + "/titles/notes.txt");
  EXPECT_TRUE(remove_index(index_).ok());
  EXPECT_FALSE(fs::exists(index_));
}

TEST_F(IndexWriters, FollowASymbolicLink) {
  const std::string real = parent_ + "/volume/real";
  fs::create_directories(parent_ + "/volume");
  fs::create_symlink("volume/real", index_);  // which does not exist yet
  for (const char* id : {"a", "b"}) {
    const Status written = write(index_ + "/", id);
    ASSERT_TRUE(written.ok()) << written.message();
    EXPECT_TRUE(fs::is_symlink(index_));
    EXPECT_THAT(source(real), HasSubstr("\"" + std::string(id) + "\""));
  }
  EXPECT_TRUE(rebuild_index(index_).ok());
  EXPECT_TRUE(fs::is_symlink(index_));
  EXPECT_EQ(count(), 2u);
  fs::remove(index_);
  fs::create_symlink("index", index_);
  EXPECT_THAT(write(index_).message(), HasSubstr("too many symbolic links"));
}

TEST_F(IndexWriters, RefuseAMountPointBeforeTheWorkBegins) {
  const Status refused = IndexWriter::open("/proc").status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("/proc: is a mount point"));
  EXPECT_THAT(refused.message(), HasSubstr("/proc/index"));
}

}  // namespace
}  // namespace barker

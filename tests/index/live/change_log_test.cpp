#include "index/live/change_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "index/retrieval/index_writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CatalogueChange bid(const std::string& id, double bid) {
  return {.kind = CatalogueChange::Kind::kSet, .id = id, .bid = bid};
}

class ChangeLogs : public testing::Test {
 protected:
  ChangeLogs() { make(); }
  ~ChangeLogs() override { fs::remove_all(directory_); }

  void make() const {
    fs::create_directories(directory_);
    std::ofstream(change_log_in(directory_));
  }
  ChangeLog open() const {
    Result<ChangeLog> log = ChangeLog::open(directory_);
    EXPECT_TRUE(log.ok()) << log.status().message();
    return std::move(*log);
  }
  static std::vector<CatalogueChange> read(ChangeLog& log) {
    std::vector<CatalogueChange> changes;
    const Status status = log.read(changes);
    EXPECT_TRUE(status.ok()) << status.message();
    return changes;
  }
  // What others wrote before.
  static std::vector<CatalogueChange> append(ChangeLog& log, const CatalogueChange& change) {
    std::vector<CatalogueChange> others;
    const Status status = log.append({&change, 1}, others);
    EXPECT_TRUE(status.ok()) << status.message();
    return others;
  }
  void write_end(const std::string& text) const {
    std::ofstream(change_log_in(directory_), std::ios::app) << text;
  }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(change_log_in(directory_)).rdbuf();
    return all.str();
  }

  const std::string directory_ = temporary_path("log");
};

TEST_F(ChangeLogs, GiveWhatWasAppendedOnce) {
  ChangeLog log = open();
  EXPECT_THAT(append(log, bid("a", 1)), IsEmpty());
  EXPECT_THAT(append(log, bid("b", .1)), IsEmpty());
  EXPECT_THAT(read(log), IsEmpty()) << "what the log itself wrote is passed";
  ChangeLog other = open();
  EXPECT_THAT(read(other), ElementsAre(bid("a", 1), bid("b", .1)));
  EXPECT_THAT(read(other), IsEmpty());
}

TEST_F(ChangeLogs, GiveWhatOthersAppendedBefore) {
  ChangeLog log = open(), other = open();
  append(log, bid("a", 1));
  EXPECT_THAT(append(other, bid("b", 2)), ElementsAre(bid("a", 1)));
  EXPECT_THAT(read(log), ElementsAre(bid("b", 2)));
}

TEST_F(ChangeLogs, CutOffALineThatAKilledProcessLeft) {
  ChangeLog log = open();
  append(log, bid("a", 1));
  const std::string whole = text();
  write_end(whole.substr(0, whole.size() - 1));
  ChangeLog other = open();
  EXPECT_THAT(read(other), ElementsAre(bid("a", 1)));
  append(other, bid("b", 2));
  EXPECT_THAT(read(log), ElementsAre(bid("b", 2)));
  ChangeLog last = open();
  EXPECT_THAT(read(last), ElementsAre(bid("a", 1), bid("b", 2)));
}

TEST_F(ChangeLogs, NameADamagedLineThatAGoodOneFollows) {
  ChangeLog log = open();
  append(log, bid("a", 1));
  const std::string good = text();
  std::string damaged = good;
  damaged[damaged.size() - 3] ^= 1;
  write_end(damaged + good);
  std::vector<CatalogueChange> changes;
  const Status status = log.read(changes);
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_THAT(status.message(), HasSubstr("changes.log: line 2 is damaged"));
  EXPECT_THAT(changes, IsEmpty());
}

// The blocks of a file are not written in their order, so that any part of an unfinished batch may
// be missing, and read as zeros.
TEST_F(ChangeLogs, DropWhatAPowerCutLeftAtTheEnd) {
  ChangeLog log = open();
  append(log, bid("a", 1));
  const std::string good = text();
  std::string zeros = good;
  std::fill(zeros.begin() + 3, zeros.end() - 1, '\0');
  for (const std::string& end : {zeros, zeros + zeros, zeros + std::string(100, '\0')}) {
    ChangeLog reader = open();
    const size_t before = read(reader).size();
    EXPECT_THAT(reader.dropped(), IsEmpty());
    write_end(end);
    EXPECT_THAT(read(reader), IsEmpty());
    EXPECT_THAT(reader.dropped(), HasSubstr("dropped " + std::to_string(end.size()) +
                                            " bytes from line " + std::to_string(before + 1)));
    append(reader, bid("b", 2));
    EXPECT_THAT(reader.dropped(), IsEmpty());
    ChangeLog again = open();
    EXPECT_EQ(read(again).size(), before + 1);
  }
}

TEST_F(ChangeLogs, AreNeverMadeLongerByWhatAnotherProgramCut) {
  ChangeLog log = open();
  append(log, bid("a", 1));
  fs::resize_file(change_log_in(directory_), 3);
  std::vector<CatalogueChange> others;
  const CatalogueChange change = bid("b", 1);
  EXPECT_THAT(log.append({&change, 1}, others).message(), HasSubstr("another program has cut it"));
  EXPECT_EQ(fs::file_size(change_log_in(directory_)), 3u);
}

TEST_F(ChangeLogs, RefuseToWriteWhereAnotherIndexHasTakenThePlace) {
  ChangeLog log = open();
  fs::rename(directory_, directory_ + ".old");
  make();
  EXPECT_FALSE(log.is_in_place());
  std::vector<CatalogueChange> others;
  const CatalogueChange change = bid("a", 1);
  EXPECT_EQ(log.append({&change, 1}, others).code(), Code::kFailedPrecondition);
  fs::remove_all(directory_ + ".old");
}

}  // namespace
}  // namespace barker

#include "index/log/log_directory.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "index/log/log_file.h"
#include "tests/index/log/log_fixture.h"
#include "tests/models/base/system_calls.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kNow = 1'795'866'301'123;  // 2026-11-28T11:45:01.123Z
constexpr char kNowName[] = "events-20261128T114501123Z.jsonl";

class LogDirectories : public LogFixture {
 protected:
  Result<LogDirectory> open() const { return LogDirectory::open(directory_); }
  // Puts a complete file of a number of days ago.
  void put_old(int days, const std::string& bytes, const std::string& end = "") const {
    const std::string day = std::to_string(28 - days);
    put("events-202611" + std::string(2 - day.size(), '0') + day + "T114501123Z.jsonl" + end,
        bytes);
  }
};

TEST_F(LogDirectories, NameFilesByTheirTime) {
  Result<LogDirectory> directory = open();
  ASSERT_TRUE(directory.ok()) << directory.status().message();
  EXPECT_EQ(directory->next_path(kNow), directory_ + "/" + kNowName);
}

TEST_F(LogDirectories, NameFilesInTheirOrderWhereTheClockStandsStillOrGoesBack) {
  std::vector<std::string> paths;
  for (int start = 0; start < 2; ++start) {
    Result<LogDirectory> directory = open();
    ASSERT_TRUE(directory.ok());
    for (const int64_t now : {kNow, kNow, kNow - kDay, kNow + 1, kNow + 1}) {
      paths.push_back(directory->next_path(now));
      std::ofstream(paths.back()) << "x\n";
    }
  }
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end()));
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
}

TEST_F(LogDirectories, CutOffTheLineThatAKilledProcessLeftUnfinished) {
  const std::string long_line(200'000, 'x');
  put("events-20261128T114501001Z.jsonl.open", "one\ntwo\nthr");
  put("events-20261128T114501002Z.jsonl.open", "whole\n");
  put("events-20261128T114501003Z.jsonl.open", "torn");
  put("events-20261128T114501004Z.jsonl.open", "");
  put("events-20261128T114501005Z.jsonl.open", "one\n" + long_line);
  put("events-20261128T114501006Z.jsonl.open", "one\n" + std::string(5000, '\0'));
  ASSERT_TRUE(open().ok());
  EXPECT_THAT(names(),
              ElementsAre("events-20261128T114501001Z.jsonl", "events-20261128T114501002Z.jsonl",
                          "events-20261128T114501005Z.jsonl", "events-20261128T114501006Z.jsonl"));
  EXPECT_THAT(lines(), ElementsAre("one", "two", "whole", "one", "one"));
}

TEST_F(LogDirectories, LeaveFilesOfOtherNamesAlone) {
  const std::vector<std::string> others = {"README", "events-20261128T114501123Z.jsonl.bak",
                                           "events-20261328T114501123Z.jsonl.open",
                                           "events-2026.jsonl", "other.jsonl.open"};
  for (const std::string& name : others) put(name, "torn");
  Result<LogDirectory> directory = open();
  ASSERT_TRUE(directory.ok());
  EXPECT_TRUE(directory->compress(Compression::kZstd).ok());
  EXPECT_TRUE(directory->remove_old({1, 1}, kNow + 1000 * kDay).ok());
  for (const std::string& name : others) EXPECT_EQ(bytes_of(name), "torn") << name;
}

TEST_F(LogDirectories, BelongToOneProcess) {
  {
    const Result<LogDirectory> first = open(), second = open();
    ASSERT_TRUE(first.ok());
    EXPECT_THAT(second.status().message(), HasSubstr(directory_ + ": another process writes"));
  }
  EXPECT_TRUE(open().ok());
}

TEST_F(LogDirectories, SayWhichFileCannotBeMade) {
  std::ofstream(directory_) << "a file";
  EXPECT_THAT(open().status().message(), HasSubstr(directory_));
}

TEST_F(LogDirectories, CompressCompleteFiles) {
  for (const Compression kind : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
    fs::remove_all(directory_);
    put_old(0, "one\ntwo\n");
    put_old(1, "zero\n");
    Result<LogDirectory> directory = open();
    put_old(2, "written now\n", ".open");
    ASSERT_TRUE(directory.ok());
    const Status status = directory->compress(kind);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_THAT(names(),
                ElementsAre("events-20261126T114501123Z.jsonl.open",
                            "events-20261127T114501123Z.jsonl" + std::string(extension_of(kind)),
                            kNowName + std::string(extension_of(kind))));
    EXPECT_THAT(lines(), ElementsAre("written now", "zero", "one", "two"));
  }
}

TEST_F(LogDirectories, FinishACompressionThatWasInterrupted) {
  put_old(0, "one\n");
  ASSERT_TRUE(compress_file(directory_ + "/" + kNowName, directory_ + "/" + kNowName + ".gz",
                            Compression::kGzip)
                  .ok());
  put(std::string(kNowName) + ".zst.tmp.77.0", "half");
  Result<LogDirectory> directory = open();
  ASSERT_TRUE(directory.ok());
  // Whoever reads the directory now finds each line once.
  EXPECT_THAT(lines(), ElementsAre("one"));
  ASSERT_TRUE(directory->compress(Compression::kZstd).ok());
  EXPECT_THAT(names(), ElementsAre(kNowName + std::string(".gz")));
  EXPECT_THAT(lines(), ElementsAre("one"));
}

TEST_F(LogDirectories, RemoveWhatIsTooOldOrTooMuch) {
  for (int days = 0; days < 5; ++days) put_old(days, "0123456789", days % 2 ? ".zst" : "");
  Result<LogDirectory> directory = open();
  ASSERT_TRUE(directory.ok());
  ASSERT_TRUE(directory->remove_old({}, kNow).ok());
  EXPECT_EQ(names().size(), 5u);
  ASSERT_TRUE(directory->remove_old({3 * kDay, 0}, kNow).ok());
  EXPECT_THAT(names(), ElementsAre("events-20261125T114501123Z.jsonl.zst",
                                   "events-20261126T114501123Z.jsonl",
                                   "events-20261127T114501123Z.jsonl.zst", kNowName));
  ASSERT_TRUE(directory->remove_old({0, 29}, kNow).ok());
  EXPECT_THAT(names(), ElementsAre("events-20261127T114501123Z.jsonl.zst", kNowName));
}

// What a writer does whose disk fails now and then: a batch that failed is written again.
int write_batches(const std::string& path, volatile int* acknowledged) {
  Result<LogDirectory> directory = LogDirectory::open(path);
  if (!directory.ok()) return 1;
  std::optional<LogFile> file;
  int failures = 0;
  for (int k = 0; k < 6;) {
    if (failures > 3) return 1;
    if (!file) {
      Result<LogFile> made = LogFile::create(directory->next_path(kNow), true);
      if (!made.ok()) {
        ++failures;
        continue;
      }
      file.emplace(std::move(*made));
    }
    const std::string number = std::to_string(k);
    if (file->append(number + " first\n" + number + " second\n").ok()) {
      *acknowledged = ++k;
    } else {
      ++failures;
    }
    if (file->is_damaged() || k == 3) {
      if (!file->close().ok()) ++failures;
      file.reset();
      if (k == 3 && !directory->compress(Compression::kZstd).ok()) ++failures;
    }
  }
  return !file || file->close().ok() ? 0 : 1;
}

class LogFaults : public LogDirectories {
 protected:
  LogFaults()
      : acknowledged_(static_cast<int*>(mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~LogFaults() override { munmap(acknowledged_, sizeof(int)); }

  // The next start finds every batch that was acknowledged, whole, once and in order.
  void expect_acknowledged(const std::string& when) const {
    const Result<LogDirectory> directory = open();
    ASSERT_TRUE(directory.ok()) << when << ": " << directory.status().message();
    ASSERT_TRUE(directory->compress(Compression::kZstd).ok()) << when;
    const std::vector<std::string> found = lines();
    ASSERT_GE(found.size(), 2u * static_cast<size_t>(*acknowledged_)) << when;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i], std::to_string(i / 2) + (i % 2 ? " second" : " first")) << when;
    }
  }

  int* const acknowledged_;
};

TEST_F(LogFaults, KeepWhatWasAcknowledgedWhereverTheProcessIsKilled) {
  int kill_points = 0;
  for (int at = 1;; ++at) {
    fs::remove_all(directory_);
    *acknowledged_ = 0;
    const Traced traced = run_traced([&] { return write_batches(directory_, acknowledged_); },
                                     {Fault::Kind::kKill, at});
    if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
    if (!traced.happened) break;
    expect_acknowledged("killed at call " + std::to_string(at));
    if (HasFatalFailure()) return;
    ++kill_points;
  }
  EXPECT_GT(kill_points, 40);
}

TEST_F(LogFaults, KeepWhatWasAcknowledgedWhateverCallFails) {
  const auto body = [&] { return write_batches(directory_, acknowledged_); };
  const Traced calls = run_traced(body, {});
  if (!calls.possible) GTEST_SKIP() << "this machine does not allow tracing";
  int failures = 0;
  for (int at = 1; at <= static_cast<int>(calls.calls.size()); ++at) {
    // What fails here are files. Sanitizers do not go on when memory cannot be mapped.
    const long number = calls.calls[static_cast<size_t>(at) - 1].number;
    if (number == SYS_mmap || number == SYS_munmap || number == SYS_brk) continue;
    fs::remove_all(directory_);
    *acknowledged_ = 0;
    const Traced traced = run_traced(body, {Fault::Kind::kError, at, EIO});
    if (!traced.happened) break;
    expect_acknowledged("call " + std::to_string(at) + ", number " + std::to_string(traced.number) +
                        ", failed");
    if (HasFatalFailure()) return;
    ++failures;
  }
  EXPECT_GT(failures, 40);
}

}  // namespace
}  // namespace barker

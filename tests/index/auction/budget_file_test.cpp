#include "index/auction/budget_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/models/base/system_calls.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uint32_t kToday = 20'785;  // 2026-11-28

class BudgetFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  Result<BudgetFile> open(const std::vector<Fingerprint>& ads, uint32_t today = kToday) const {
    return BudgetFile::open(path_, ads, today);
  }
  // Writes the file with the ads, of which the k-th spent k + 1 on `day`.
  void put(const std::vector<Fingerprint>& ads, uint32_t day = kToday) const {
    fs::remove(path_);
    const Result<BudgetFile> file = open(ads);
    ASSERT_TRUE(file.ok()) << file.status().message();
    for (size_t k = 0; k < ads.size(); ++k) *file->word(ads[k]) = DaySpending{day, k + 1}.word();
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put_bytes(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Opens bytes that must be refused, and left as they are.
  Status refusal(const std::string& damaged, uint32_t today = kToday) const {
    put_bytes(damaged);
    const Result<BudgetFile> file = open({7, 9, 11}, today);
    EXPECT_EQ(bytes(), damaged);
    EXPECT_THAT(file.status().message(), HasSubstr(path_));
    return file.status();
  }
  // What the file says of each ad, opened as it is.
  std::map<Fingerprint, uint64_t> micros(const std::vector<Fingerprint>& ads) const {
    std::map<Fingerprint, uint64_t> found;
    const Result<BudgetFile> file = open(ads);
    EXPECT_TRUE(file.ok()) << file.status().message();
    if (!file.ok()) return found;
    for (const Fingerprint ad : ads) {
      const uint64_t* word = file->word(ad);
      EXPECT_NE(word, nullptr);
      if (word) found[ad] = DaySpending::of(*word).micros;
    }
    return found;
  }

  const std::string directory_ = temporary_path("budgets");
  const std::string path_ = directory_ + "/spent";
};

using Micros = std::map<Fingerprint, uint64_t>;

TEST_F(BudgetFiles, BeginWithNothingSpent) { EXPECT_EQ(micros({7, 9}), (Micros{{7, 0}, {9, 0}})); }

TEST_F(BudgetFiles, FindAdsByTheirFingerprintsInAnyOrder) {
  put({9, 7, 11});
  EXPECT_EQ(micros({7, 9, 11}), (Micros{{7, 2}, {9, 1}, {11, 3}}));
  EXPECT_EQ(open({7, 9, 11})->word(8), nullptr);
}

TEST_F(BudgetFiles, StayTheSameFileWhereTheAdsAreTheSame) {
  put({9, 7});
  struct stat before {
  }, after{};
  ASSERT_EQ(stat(path_.c_str(), &before), 0);
  ASSERT_TRUE(open({7, 9, 9}).ok());
  ASSERT_EQ(stat(path_.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhenAdsAreAdded) {
  put({7, 9});
  EXPECT_EQ(micros({8, 7, 9}), (Micros{{7, 1}, {8, 0}, {9, 2}}));
}

TEST_F(BudgetFiles, KeepAdsThatAreGoneUntilTheEndOfTheDay) {
  put({7, 9});
  ASSERT_TRUE(open({8}).ok());
  EXPECT_EQ(micros({7, 8, 9}), (Micros{{7, 1}, {8, 0}, {9, 2}}));
  ASSERT_TRUE(open({8}, kToday + 1).ok());
  EXPECT_EQ(bytes().size(), sizeof(BudgetFileHeader) + 16);
}

TEST_F(BudgetFiles, MayHaveNoAdsAtAll) {
  ASSERT_TRUE(open({}).ok());
  ASSERT_TRUE(open({}).ok());
  EXPECT_EQ(bytes().size(), sizeof(BudgetFileHeader));
}

TEST_F(BudgetFiles, AreRefusedWhateverByteOfHeaderOrFingerprintsIsDamaged) {
  put({7, 9, 11});
  const std::string good = bytes();
  for (size_t at = 0; at < sizeof(BudgetFileHeader) + 3 * sizeof(Fingerprint); ++at) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    EXPECT_FALSE(refusal(damaged).ok()) << "byte " << at;
  }
}

TEST_F(BudgetFiles, AreRefusedWithTheFieldThatIsWrong) {
  put({7, 9, 11});
  const std::string good = bytes();
  const auto with = [&](size_t at, const std::string& text) {
    return refusal(std::string(good).replace(at, text.size(), text));
  };
  const Status magic = with(0, "GIF89a");
  EXPECT_EQ(magic.code(), Code::kBadData);
  EXPECT_THAT(magic.message(), HasSubstr("magic"));
  const Status endian = with(offsetof(BudgetFileHeader, endian_mark), std::string("\1\2\3\4", 4));
  EXPECT_EQ(endian.code(), Code::kUnsupported);
  EXPECT_THAT(endian.message(), HasSubstr("endian mark"));
  const Status version = with(offsetof(BudgetFileHeader, format_version), "\2");
  EXPECT_EQ(version.code(), Code::kUnsupported);
  EXPECT_THAT(version.message(), HasSubstr("format version: expected 1, found 2"));
  EXPECT_THAT(with(offsetof(BudgetFileHeader, ads), "\2").message(), HasSubstr("header"));
  EXPECT_THAT(with(sizeof(BudgetFileHeader), "\2").message(), HasSubstr("fingerprints"));
}

TEST_F(BudgetFiles, AreRefusedAtAnyOtherLength) {
  put({7, 9, 11});
  const std::string good = bytes();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)).code(), Code::kBadData) << size;
  }
  EXPECT_EQ(refusal(good + "x").code(), Code::kBadData);
  EXPECT_EQ(refusal(good + std::string(16, '\0')).code(), Code::kBadData);
}

TEST_F(BudgetFiles, AreRefusedWhereTheyAreOfALaterDayThanTomorrow) {
  put({7, 9, 11}, kToday + 1);
  EXPECT_EQ(micros({7, 9, 11}), (Micros{{7, 1}, {9, 2}, {11, 3}}));
  put({7, 9, 11}, kToday + 2);
  const Status status = refusal(bytes());
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_THAT(status.message(), HasSubstr("expected a day until 2026-11-29"));
  EXPECT_THAT(status.message(), HasSubstr("found 2026-11-30"));
}

TEST_F(BudgetFiles, AreRegularFiles) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(open({7}).status().message(), HasSubstr(path_ + ": is not a regular file"));
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_THAT(open({7}).status().message(), HasSubstr(path_));
}

TEST_F(BudgetFiles, AreOpenOnce) {
  {
    const Result<BudgetFile> first = open({7});
    ASSERT_TRUE(first.ok());
    const Result<BudgetFile> second = open({7});
    EXPECT_EQ(second.status().code(), Code::kIoError);
    EXPECT_THAT(second.status().message(), HasSubstr(path_ + ": is in use by another process"));
  }
  EXPECT_TRUE(open({7}).ok());
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhereverTheProcessIsKilledThatAddsAds) {
  int kill_points = 0;
  for (int at = 1;; ++at) {
    put({7, 9});
    const Traced traced = run_traced(
        [&] {
          return open({7, 8, 9, 10}).ok() ? 0 : 1;
        },
        {Fault::Kind::kKill, at});
    if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
    EXPECT_EQ(micros({7, 8, 9}), (Micros{{7, 1}, {8, 0}, {9, 2}})) << "killed at call " << at;
    size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory_)) ++files;
    EXPECT_EQ(files, 2u) << "a temporary file stays beside the file and its lock";
    if (!traced.happened) break;
    ++kill_points;
  }
  EXPECT_GT(kill_points, 10);
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhicheverSystemCallFails) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer's runtime repeats calls of its own until they succeed";
#endif
  int reported = 0;
  for (const bool lasting : {false, true}) {
    for (int at = 1;; ++at) {
      put({7, 9});
      const Traced traced = run_traced(
          [&] {
            return open({7, 8, 9, 10}).ok() ? 0 : 1;
          },
          {Fault::Kind::kError, at, EIO, lasting});
      if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
      EXPECT_FALSE(traced.killed) << "call " << at << ", signal " << traced.signal;
      const bool must_be_reported = traced.number == SYS_fsync || traced.number == SYS_rename ||
                                    traced.number == SYS_write || traced.number == SYS_mmap;
      if (traced.happened && must_be_reported) {
        EXPECT_NE(traced.code, 0) << "call " << at << ", number " << traced.number;
      }
      reported += traced.code != 0;
      EXPECT_EQ(micros({7, 9}), (Micros{{7, 1}, {9, 2}})) << "call " << at;
      if (!traced.happened) break;
    }
  }
  EXPECT_GT(reported, 10);
}

TEST_F(BudgetFiles, SyncANewFileBeforeItsRenameAndTheDirectoryAfterIt) {
  const Traced traced = run_traced([&] { return open({7}).ok() ? 0 : 1; }, {});
  if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
  std::string order;
  for (const SystemCall& call : traced.calls) {
    if (call.number == SYS_rename) order += "rename ";
    if (call.number != SYS_fsync) continue;
    order += call.file == directory_ ? "directory " : "file ";
  }
  EXPECT_EQ(order, "file rename directory ");
}

}  // namespace
}  // namespace barker

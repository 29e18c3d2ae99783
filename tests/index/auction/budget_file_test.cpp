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

  Result<std::shared_ptr<BudgetFile>> open(uint32_t today = kToday) const {
    return BudgetFile::open(path_, today);
  }
  // Opens the file and adds the ads.
  Status add(const std::vector<Fingerprint>& ads) const {
    const Result<std::shared_ptr<BudgetFile>> file = open();
    return file.ok() ? (*file)->words(ads).status() : file.status();
  }
  // Writes the file with the ads, of which the k-th spent k + 1 on `day`.
  void put(const std::vector<Fingerprint>& ads, uint32_t day = kToday) const {
    fs::remove(path_);
    const Result<std::shared_ptr<BudgetFile>> file = open();
    ASSERT_TRUE(file.ok()) << file.status().message();
    const Result<BudgetWords> found = (*file)->words(ads);
    ASSERT_TRUE(found.ok()) << found.status().message();
    for (size_t k = 0; k < ads.size(); ++k) *found->words[k] = DaySpending{day, k + 1}.word();
  }
  // A file whose next user drops old rows and adds new ones, so that it is written anew and then
  // grows.
  void put_with_old_rows() const {
    put({7, 9});
    const Result<std::shared_ptr<BudgetFile>> file = open();
    const Result<BudgetWords> old = (*file)->words(std::vector<Fingerprint>{1, 2, 3});
    ASSERT_TRUE(old.ok()) << old.status().message();
    for (uint64_t* word : old->words) *word = DaySpending{kToday - 1, 5}.word();
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The bytes of a file with so many rows.
  static size_t size_of(size_t rows) { return sizeof(BudgetFileHeader) + rows * sizeof(BudgetRow); }
  // Opens bytes that must be refused, and left as they are.
  Status refusal(const std::string& damaged) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << damaged;
    const Result<std::shared_ptr<BudgetFile>> file = open();
    EXPECT_EQ(bytes(), damaged);
    EXPECT_THAT(file.status().message(), HasSubstr(path_));
    return file.status();
  }
  // What the file says of each ad.
  std::map<Fingerprint, uint64_t> micros(const std::vector<Fingerprint>& ads) const {
    std::map<Fingerprint, uint64_t> by_ad;
    const Result<std::shared_ptr<BudgetFile>> file = open();
    EXPECT_TRUE(file.ok()) << file.status().message();
    if (!file.ok()) return by_ad;
    const Result<BudgetWords> found = (*file)->words(ads);
    EXPECT_TRUE(found.ok()) << found.status().message();
    if (!found.ok()) return by_ad;
    for (size_t k = 0; k < ads.size(); ++k) {
      by_ad[ads[k]] = DaySpending::of(*found->words[k]).micros;
    }
    return by_ad;
  }

  const std::string directory_ = temporary_path("budgets");
  const std::string path_ = directory_ + "/spent";
};

using Micros = std::map<Fingerprint, uint64_t>;

TEST_F(BudgetFiles, BeginWithNothingSpent) { EXPECT_EQ(micros({7, 9}), (Micros{{7, 0}, {9, 0}})); }

TEST_F(BudgetFiles, FindAdsByTheirFingerprintsInAnyOrder) {
  put({9, 7, 11});
  EXPECT_EQ(micros({7, 9, 11}), (Micros{{7, 2}, {9, 1}, {11, 3}}));
}

TEST_F(BudgetFiles, DoNotGrowWhereTheAdsAreTheSame) {
  put({9, 7});
  ASSERT_TRUE(add({7, 9, 9}).ok());
  EXPECT_EQ(bytes().size(), size_of(2));
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhenAdsAreAdded) {
  put({7, 9});
  EXPECT_EQ(micros({8, 7, 9, 8}), (Micros{{7, 1}, {8, 0}, {9, 2}}));
  EXPECT_EQ(bytes().size(), size_of(3));
}

TEST_F(BudgetFiles, ShowTheSameWordsBeforeAndAfterTheyGrow) {
  const Result<std::shared_ptr<BudgetFile>> file = open();
  ASSERT_TRUE(file.ok());
  const Result<BudgetWords> before = (*file)->words(std::vector<Fingerprint>{7});
  std::vector<Fingerprint> many(10'000);
  for (size_t i = 0; i < many.size(); ++i) many[i] = i + 1;
  const Result<BudgetWords> after = (*file)->words(many);
  ASSERT_TRUE(before.ok() && after.ok());
  *before->words[0] = 5;
  EXPECT_EQ(*after->words[6], 5u);
  *after->words[6] = 6;
  EXPECT_EQ(*before->words[0], 6u);
}

TEST_F(BudgetFiles, KeepAdsThatAreGoneUntilTheEndOfTheDay) {
  put({7, 9});
  ASSERT_TRUE(add({8, 10, 11}).ok());
  EXPECT_EQ(micros({7, 8, 9}), (Micros{{7, 1}, {8, 0}, {9, 2}}));
  ASSERT_TRUE(open(kToday + 1).ok());
  EXPECT_EQ(bytes().size(), size_of(0));
}

TEST_F(BudgetFiles, DropRowsOfEarlierDaysWhereMostAreOfThatKind) {
  put({7, 8, 9, 10}, kToday - 1);
  ASSERT_TRUE(add({8, 9, 10, 11}).ok());
  put({7, 8, 9, 10}, kToday - 1);
  {
    const Result<std::shared_ptr<BudgetFile>> file = open(kToday - 1);
    const Result<BudgetWords> found = (*file)->words(std::vector<Fingerprint>{8});
    *found->words[0] = DaySpending{kToday, 77}.word();
  }
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(bytes().size(), size_of(1));
  EXPECT_EQ(micros({8}), (Micros{{8, 77}}));
}

TEST_F(BudgetFiles, MayHaveNoAdsAtAll) {
  ASSERT_TRUE(add({}).ok());
  ASSERT_TRUE(add({}).ok());
  EXPECT_EQ(bytes().size(), size_of(0));
}

TEST_F(BudgetFiles, AreRefusedWhateverByteOfHeaderOrFingerprintsIsDamaged) {
  put({7, 9, 11});
  const std::string good = bytes();
  const auto is_word = [](size_t at) {
    return at >= sizeof(BudgetFileHeader) &&
           (at - sizeof(BudgetFileHeader)) % sizeof(BudgetRow) >= offsetof(BudgetRow, word);
  };
  size_t damages = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    if (is_word(at)) continue;
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    EXPECT_FALSE(refusal(damaged).ok()) << "byte " << at;
    ++damages;
  }
  EXPECT_EQ(damages, sizeof(BudgetFileHeader) + 3 * sizeof(Fingerprint));
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
  EXPECT_THAT(with(offsetof(BudgetFileHeader, rows), "\2").message(), HasSubstr("header"));
  EXPECT_THAT(with(sizeof(BudgetFileHeader), "\2").message(), HasSubstr("fingerprints"));
}

TEST_F(BudgetFiles, AreRefusedAtAnyShorterLength) {
  put({7, 9, 11});
  const std::string good = bytes();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)).code(), Code::kBadData) << size;
  }
}

TEST_F(BudgetFiles, OverwriteWhatAnInterruptedGrowthLeft) {
  put({7, 9});
  for (const size_t left : {1u, 16u, 40u}) {
    std::ofstream(path_, std::ios::binary | std::ios::app) << std::string(left, 'x');
    EXPECT_EQ(micros({7, 9}), (Micros{{7, 1}, {9, 2}}));
    EXPECT_EQ(micros({7, 9, left}), (Micros{{7, 1}, {9, 2}, {left, 0}}));
  }
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
  EXPECT_THAT(open().status().message(), HasSubstr(path_ + ": is not a regular file"));
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_THAT(open().status().message(), HasSubstr(path_));
}

TEST_F(BudgetFiles, AreOpenOnce) {
  {
    const Result<std::shared_ptr<BudgetFile>> first = open(), second = open();
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(second.status().code(), Code::kIoError);
    EXPECT_THAT(second.status().message(), HasSubstr(path_ + ": is in use by another process"));
  }
  EXPECT_TRUE(open().ok());
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhereverAProcessIsKilledThatOpensThem) {
  int kill_points = 0;
  for (int at = 1;; ++at) {
    put_with_old_rows();
    const Traced traced = run_traced(
        [&] {
          return add({7, 8, 9, 10}).ok() ? 0 : 1;
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
  EXPECT_GT(kill_points, 20);
}

TEST_F(BudgetFiles, KeepWhatWasSpentWhicheverSystemCallFails) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer's runtime repeats calls of its own until they succeed";
#endif
  int reported = 0;
  for (const bool lasting : {false, true}) {
    for (int at = 1;; ++at) {
      put_with_old_rows();
      const Traced traced = run_traced(
          [&] {
            return add({7, 8, 9, 10}).ok() ? 0 : 1;
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

// Which header is on the disk is unknown then, so that no other rows may follow the old ones.
TEST_F(BudgetFiles, GrowNoMoreAfterAHeaderWasPerhapsWritten) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer's runtime repeats calls of its own until they succeed";
#endif
  const auto use = [&] {
    const Result<std::shared_ptr<BudgetFile>> file = open();
    if (!file.ok()) return 1;
    const Status first = (*file)->words(std::vector<Fingerprint>{7, 8}).status();
    const Status second = (*file)->words(std::vector<Fingerprint>{7, 9}).status();
    const Status old = (*file)->words(std::vector<Fingerprint>{7}).status();
    return old.ok() ? first.ok() + 2 * second.ok() : 4;
  };
  put({7});
  const Traced whole = run_traced(use, {});
  if (!whole.possible) GTEST_SKIP() << "this machine does not allow tracing";
  ASSERT_EQ(whole.code, 3);
  std::vector<int> syncs;  // of the rows and of the header, for 8 and then for 9
  for (size_t i = 0; i < whole.calls.size(); ++i) {
    if (whole.calls[i].number == SYS_fsync) syncs.push_back(static_cast<int>(i) + 1);
  }
  ASSERT_EQ(syncs.size(), 4u);
  put({7});
  EXPECT_EQ(run_traced(use, {Fault::Kind::kError, syncs[0], EIO}).code, 2)
      << "rows can be tried again";
  put({7});
  EXPECT_EQ(run_traced(use, {Fault::Kind::kError, syncs[1], EIO}).code, 0);
  EXPECT_EQ(micros({7}), (Micros{{7, 1}}));
}

TEST_F(BudgetFiles, SyncANewFileBeforeItsRenameAndTheDirectoryAfterIt) {
  const Traced traced = run_traced([&] { return open().ok() ? 0 : 1; }, {});
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

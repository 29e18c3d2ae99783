// Datasets that are damaged in every field, with checksums that are right: each one is refused with
// a message, or else can be read to its last element. Under AddressSanitizer the second half has
// teeth, and without it a read far outside of the mapping ends the process as well.
#include "tests/models/data/damaged_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <set>

#include "models/data/dataset.h"
#include "models/data/dataset_format.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace f = dataset_format;
using ::testing::HasSubstr;

// A log that fills every section: histories that clicks make and that the log gives, both tasks,
// all splits, groups with and without weights, categories, an unknown keyword.
constexpr const char* kLog =
    R"({"time":1,"user":"u1","query":"summer dress","category":"dresses","split":"train","groups":{"profile":["f","25"],"tags":{"cafe":2,"rain":0.5}},"sfs":[{"text":"free shipping","clicked":1,"p":0.25,"propensity":0.5,"position":2},{"text":"retro","clicked":0}],"ads":[{"id":"1","title":"Dress, free shipping","clicked":1,"p":0.5,"sps":["retro"],"sp_propensity":0.5,"position":3}]})"
    "\n"
    R"({"time":2,"user":"u2","query":"dress","split":"train","user_keywords":["New","old"],"groups":{"sfhist":["retro"],"profile":["m"]},"sfs":[{"text":"retro","clicked":1}]})"
    "\n"
    R"({"time":3,"user":"u1","query":"shoes","category":"shoes","split":"validation","sfs":[{"text":"retro","clicked":0}],"ads":[{"id":"2","title":"Retro shoes","clicked":0},{"id":"1","title":"Dress, free shipping","clicked":1}]})"
    "\n"
    R"({"time":4,"user":"u2","query":"novel thing","split":"test","groups":{"tags":{"cafe":1}},"sfs":[{"text":"unseen","clicked":1}],"ads":[{"id":"3","title":"Unseen things","clicked":0}]})"
    "\n";

class DamagedDataset : public testing::Test {
 protected:
  DamagedDataset() {
    const std::string log = temporary_path("log.jsonl");
    std::ofstream(log) << kLog;
    BadLines bad;
    const Status made = build_dataset(log, path_, {}, bad);
    EXPECT_TRUE(made.ok()) << made.message();
    EXPECT_EQ(bad.count(), 0u);
    std::ifstream in(path_, std::ios::binary);
    good_.assign(std::istreambuf_iterator<char>(in), {});
    EXPECT_GE(good_.size(), sizeof(f::Header));
    std::memcpy(&header_, good_.data(), sizeof header_);
    unlink(log.c_str());
  }
  ~DamagedDataset() override { unlink(path_.c_str()); }

  // Empty where the bytes are accepted. Then all of the dataset was read.
  std::string problem(const std::vector<uint8_t>& bytes) {
    unlink(path_.c_str());  // some file systems sync a file that is truncated and written again
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    const auto dataset = Dataset::open(path_);
    ++opened_;
    if (!dataset.ok()) {
      EXPECT_THAT(dataset.status().message(), HasSubstr(path_));
      return dataset.status().message();
    }
    EXPECT_GT(read_all_of(**dataset), 0u);
    ++accepted_;
    return "";
  }

  // Sets the bytes at `offset` and makes the checksums right.
  template <typename T>
  std::string problem_with(size_t offset, T value) {
    std::vector<uint8_t> bytes = good_;
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    repair_dataset_checksums(bytes);
    return problem(bytes);
  }

  template <typename T>
  T at(size_t offset) const {
    T value;
    std::memcpy(&value, good_.data() + offset, sizeof value);
    return value;
  }

  // What a field that holds `was` could hold: the values around its limits and around it.
  template <typename T>
  std::set<T> odd_values(T was) const {
    std::set<T> values = {0,
                          1,
                          2,
                          3,
                          4,
                          7,
                          8,
                          63,
                          64,
                          static_cast<T>(was - 1),
                          static_cast<T>(was + 1),
                          static_cast<T>(was + 8),
                          static_cast<T>(was + 64),
                          static_cast<T>(was * 2),
                          static_cast<T>(good_.size()),
                          static_cast<T>(good_.size() + 1)};
    for (int bit = 8; bit < static_cast<int>(8 * sizeof(T)); bit += 7) {
      values.insert(static_cast<T>(T{1} << bit));
    }
    for (int less = 0; less < 16; ++less) values.insert(static_cast<T>(T{0} - 1 - T(less)));
    for (const int less : {64, 72, 128}) values.insert(static_cast<T>(T{0} - T(less)));
    values.erase(was);
    return values;
  }

  template <typename T>
  void try_odd_values(size_t begin, size_t end) {
    for (size_t offset = begin; offset + sizeof(T) <= end; offset += sizeof(T)) {
      for (const T value : odd_values(at<T>(offset))) problem_with(offset, value);
    }
  }

  const std::string path_ = temporary_path("damaged.data");
  std::vector<uint8_t> good_;
  f::Header header_;
  size_t opened_ = 0, accepted_ = 0;
};

TEST_F(DamagedDataset, IsWholeAtFirstAndAfterItsChecksumsWereRepaired) {
  EXPECT_EQ(problem(good_), "");
  std::vector<uint8_t> repaired = good_;
  repair_dataset(repaired);
  EXPECT_EQ(repaired, good_);
  for (const f::Extent& section : header_.sections) EXPECT_GT(section.size, 0u);
}

TEST_F(DamagedDataset, NeverCrashesWhateverItsHeaderSays) {
  // Checksums are repaired and magic and version proven by other tests.
  const size_t begin = offsetof(f::Header, file_size);
  const size_t end = offsetof(f::Header, content_xxh3);
  try_odd_values<uint64_t>(begin, end);
  try_odd_values<uint32_t>(begin, end);
  EXPECT_GT(opened_, 3000u);
  EXPECT_LT(accepted_, opened_ / 4);  // the number of events and the digest are free
}

TEST_F(DamagedDataset, NeverCrashesWhateverItsOffsetsAndNumbersAre) {
  for (const f::Extent& section : header_.sections) {
    const size_t end = section.offset + section.size;
    if (section.size % 8 == 0) try_odd_values<uint64_t>(section.offset, end);
    if (section.size % 4 == 0) try_odd_values<uint32_t>(section.offset, end);
    try_odd_values<uint8_t>(section.offset, end);
  }
  EXPECT_GT(opened_, 20'000u);
  EXPECT_GT(opened_ - accepted_, 10'000u);
}

TEST_F(DamagedDataset, NeverCrashesWhenTwoSectionsTradePlaces) {
  for (size_t a = 0; a < f::kSections; ++a) {
    for (size_t b = a + 1; b < f::kSections; ++b) {
      std::vector<uint8_t> bytes = good_;
      f::Header header = header_;
      std::swap(header.sections[a], header.sections[b]);
      std::memcpy(bytes.data(), &header, sizeof header);
      repair_dataset_checksums(bytes);
      EXPECT_NE(problem(bytes), "") << a << " and " << b;
    }
  }
}

TEST_F(DamagedDataset, IsRefusedWhereverItEndsTooEarly) {
  for (size_t size = 0; size < good_.size(); size += 3) {
    std::vector<uint8_t> bytes(good_.begin(), good_.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(problem(bytes), "");
    repair_dataset(bytes);
    EXPECT_NE(problem(bytes), "") << size;
  }
}

TEST_F(DamagedDataset, IsRefusedWithThePlaceWhatWasExpectedAndWhatWasFound) {
  const auto offset = [&](f::Section section, size_t index, size_t size) {
    return header_.sections[section].offset + index * size;
  };
  EXPECT_THAT(problem_with(offset(f::kQuery, 1, 4), uint32_t{900}),
              HasSubstr("query[1]: expected a number below"));
  EXPECT_THAT(problem_with(offset(f::kUserBegin, 1, 8), uint64_t{1} << 40),
              HasSubstr("user.begin[1]: expected"));
  EXPECT_THAT(problem_with(offset(f::kTitleBegin, 0, 8), uint64_t{1}),
              HasSubstr("title.begin[0]: expected 0 to 0, found 1"));
  EXPECT_THAT(problem_with(offset(f::kSfClicked, 0, 1), uint8_t{2}),
              HasSubstr("sf.clicked[0]: expected 0 or 1, found 2"));
  EXPECT_THAT(problem_with(offset(f::kGroupWeight, 0, 4), -1.0f),
              HasSubstr("group.weight[0]: expected 0 to 1e+06, found -1"));
  EXPECT_THAT(problem_with(offset(f::kSearches, 1, sizeof(f::SearchRecord)) +
                               offsetof(f::SearchRecord, user),
                           uint32_t{2}),
              HasSubstr("searches[1].user: expected a number below 2, found 2"));
  EXPECT_THAT(
      problem_with(offset(f::kGroupFeature, 0, 4), at<uint32_t>(offset(f::kGroupFeature, 2, 4))),
      HasSubstr("group.feature[0]: expected a feature of group"));
  EXPECT_THAT(problem_with(offset(f::kSearchesOf, 0, 4), uint32_t{1}),
              HasSubstr("searches_of: search 0 is not where"));
  EXPECT_THAT(problem_with(offsetof(f::Header, clicks_of), uint64_t{7}),
              HasSubstr("clicks_of[0]: expected 2, found 7"));
  EXPECT_THAT(problem_with(offsetof(f::Header, sections), uint64_t{0}),
              HasSubstr("section searches offset: expected a multiple of 64"));
}

// A reader of the log must still find the bytes that this look would have taken.
TEST(DatasetFile, IsNotLookedForInAPipe) {
  const std::string path = temporary_path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(Dataset::is_dataset(path));
  EXPECT_FALSE(Dataset::open(path).ok());
  unlink(path.c_str());
}

}  // namespace
}  // namespace barker

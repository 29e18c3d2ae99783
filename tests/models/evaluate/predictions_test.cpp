#include "models/evaluate/predictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Two searches of the test split, with two SFs and an ad each.
class Predictions : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = temporary_path("predictions");
    std::filesystem::create_directories(directory_);
    DatasetOptions options;
    options.numbers_all = true;
    Result<DatasetBuilder> builder = DatasetBuilder::create(file("d"), options, {});
    ASSERT_TRUE(builder.ok()) << builder.status().message();
    for (const char* user : {"ben", "chen, \"x\""}) {
      SearchEvent event;
      event.time = user[0];
      event.user = user;
      event.query = "cream";
      event.sfs = {{"waterproof", true}, {"补水", false}};
      event.ads = {{"a", "", {"red", "cream"}, true}};
      event.split = Split::kTest;
      ASSERT_TRUE(builder->add(event).ok());
    }
    ASSERT_TRUE(builder->finish("digest").ok());
    data_ = *Dataset::open(file("d"));
    main_ = instances_of(*data_, Split::kTest, Task::kMain);
    ads_ = instances_of(*data_, Split::kTest, Task::kAuxiliary);
    rows_.push_back({"popularity", Task::kMain, main_, kMain});
    rows_.push_back({"m", Task::kMain, main_, kMain});
    rows_.push_back({"m", Task::kAuxiliary, ads_, kAds});
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string written(const std::string& name) const {
    const Status s = write_predictions(file(name), *data_, rows_);
    EXPECT_TRUE(s.ok()) << s.message();
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static inline const std::vector<float> kMain = {0.5f, 0.25f, 0.125f, 1e-7f};
  static inline const std::vector<float> kAds = {0.75f, 0.1f};
  std::string directory_;
  std::shared_ptr<const Dataset> data_;
  InstanceTable main_, ads_;
  std::vector<PredictionRows> rows_;
};

TEST_F(Predictions, AreARowOfWordsForEachInstanceInCsv) {
  const std::string csv = written("p.csv");
  EXPECT_THAT(csv, StartsWith("model,task,search,user,position,keyword,label,probability\n"
                              "popularity,main,0,ben,1,waterproof,1,0.5\n"
                              "popularity,main,0,ben,2,补水,0,0.25\n"
                              "popularity,main,1,\"chen, \"\"x\"\"\",1,waterproof,1,0.125\n"));
  EXPECT_THAT(csv, HasSubstr("m,auxiliary,0,ben,1,red;cream,1,0.75\n"));
  EXPECT_THAT(csv, HasSubstr(",2,补水,0,1e-07\n"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 4 + 4 + 2);
}

TEST_F(Predictions, AreRecordsOfTheDeclaredTypeInNpy) {
  const std::string npy = written("p.npy");
  EXPECT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = static_cast<uint8_t>(npy[8]) + 256u * static_cast<uint8_t>(npy[9]);
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_THAT(npy.substr(10, header), StartsWith("{'descr': " + std::string(kPredictionType) +
                                                 ", 'fortran_order': False, 'shape': (10,), }"));
  EXPECT_EQ(npy[9 + header], '\n');
  ASSERT_EQ(npy.size(), 10 + header + 10 * kPredictionBytes);
  const auto field = [&](size_t row, size_t column) {
    uint32_t value = 0;
    std::memcpy(&value, npy.data() + 10 + header + row * kPredictionBytes + column * 4, 4);
    return value;
  };
  // The last row is the ad of search 1 as the model "m" sees it.
  EXPECT_EQ(field(9, 0), 1u);
  EXPECT_EQ(field(9, 1), 1u);
  EXPECT_EQ(field(9, 2), 1u);
  EXPECT_EQ(data_->user(field(9, 3)), "chen, \"x\"");
  EXPECT_EQ(field(9, 4), 1u);
  EXPECT_EQ(data_->title(field(9, 5)).size(), 2u);
  EXPECT_EQ(field(9, 6), 1u);
  EXPECT_EQ(std::bit_cast<float>(field(9, 7)), 0.1f);
  EXPECT_EQ(field(3, 0), 0u);
  EXPECT_EQ(field(3, 4), 2u);
  EXPECT_EQ(data_->keyword(field(3, 5)), "补水");
  EXPECT_EQ(field(3, 6), 0u);
}

TEST_F(Predictions, NeedANameThatSaysTheirFormat) {
  const Status s = write_predictions(file("p.parquet"), *data_, rows_);
  EXPECT_EQ(s.code(), Code::kInvalidArgument);
  EXPECT_THAT(s.message(), HasSubstr("expected a file name that ends in .csv or .npy"));
  EXPECT_FALSE(std::filesystem::exists(file("p.parquet")));
}

TEST(Positions, StartAnewInEverySearch) {
  InstanceTable table;
  table.search = {4, 4, 4, 5, 7, 7};
  table.clicked.resize(6);
  EXPECT_EQ(positions_of(table), (std::vector<uint32_t>{1, 2, 3, 1, 1, 2}));
}

}  // namespace
}  // namespace barker

#include "models/evaluate/slices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "models/evaluate/report.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kDay = 86'400, kStart = 1'704'067'200;  // 2024-01-01

std::vector<std::string> names_of(const Slicing& slicing) {
  std::vector<std::string> names;
  for (const InstanceSlice& s : slicing.slices) names.push_back(s.name);
  return names;
}

// Searches of 40 users on two days, with three SFs and an ad each. Users have an age; those with an
// even number have two interests, the others none.
class Slices : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = temporary_path("slices");
    DatasetOptions options;
    options.numbers_all = true;
    Result<DatasetBuilder> builder = DatasetBuilder::create(path_, options, {});
    ASSERT_TRUE(builder.ok()) << builder.status().message();
    for (int u = 0; u < 40; ++u) {
      SearchEvent event;
      event.time = kStart + u % 2 * kDay;
      event.user = "u" + std::to_string(u);
      event.query = "cream";
      event.groups = {{"age", {u < 35 ? "young" : "old"}}};
      if (u % 2 == 0) event.groups.push_back({"likes", {"a", "b"}});
      event.sfs = {{"x", u % 3 == 0}, {"y", true}, {"z", false}};
      event.ads = {{"a", "", {"red"}, u % 2 == 0}};
      event.split = Split::kTest;
      ASSERT_TRUE(builder->add(event).ok());
    }
    ASSERT_TRUE(builder->finish("digest").ok());
    data_ = *Dataset::open(path_);
    main_ = instances_of(*data_, Split::kTest, Task::kMain);
    ads_ = instances_of(*data_, Split::kTest, Task::kAuxiliary);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_;
  std::shared_ptr<const Dataset> data_;
  InstanceTable main_, ads_;
};

TEST_F(Slices, ByDayAreInOrderAndHoldEveryInstanceOnce) {
  const Slicing days = *slice_by("day", *data_, main_, Task::kMain);
  EXPECT_THAT(names_of(days), ElementsAre("2024-01-01", "2024-01-02"));
  EXPECT_EQ(days.slices[0].instances.size(), 60u);
  EXPECT_EQ(days.slices[1].instances.size(), 60u);
}

TEST_F(Slices, ByPositionHoldThePlacesOfTheBar) {
  const Slicing places = *slice_by("position", *data_, main_, Task::kMain);
  EXPECT_THAT(names_of(places), ElementsAre("1", "2", "3"));
  for (const uint32_t i : places.slices[1].instances) EXPECT_EQ(main_.clicked[i], 1);
  EXPECT_THAT(names_of(*slice_by("position", *data_, ads_, Task::kAuxiliary)), ElementsAre("1"));
}

TEST_F(Slices, ByAGroupAreItsValuesTheLargestFirst) {
  const Slicing ages = *slice_by("age", *data_, main_, Task::kMain);
  EXPECT_THAT(names_of(ages), ElementsAre("young", "old"));
  EXPECT_EQ(ages.slices[1].instances.size(), 15u);
  const Slicing likes = *slice_by("likes", *data_, ads_, Task::kAuxiliary);
  EXPECT_EQ(likes.values, 3u) << "an instance with two features is in two slices";
  for (const InstanceSlice& s : likes.slices) EXPECT_EQ(s.instances.size(), 20u) << s.name;
  EXPECT_THAT(names_of(likes), ::testing::UnorderedElementsAre("a", "b", "(none)"));
}

// Of 30 users with a search in the test split, 20 have one in the training split, half of them with
// ads alone.
TEST_F(Slices, ByUserTellThoseWhomTrainingSawFromNewOnes) {
  const std::string path = temporary_path("known-users");
  DatasetOptions options;
  options.numbers_all = true;
  Result<DatasetBuilder> builder = DatasetBuilder::create(path, options, {});
  ASSERT_TRUE(builder.ok()) << builder.status().message();
  for (const Split split : {Split::kTrain, Split::kTest}) {
    for (int u = 0; u < (split == Split::kTrain ? 20 : 30); ++u) {
      SearchEvent event;
      event.time = kStart + (split == Split::kTrain ? 0 : kDay);
      event.user = "u" + std::to_string(u);
      event.query = "cream";
      if (split == Split::kTest || u % 2 == 0) event.sfs = {{"x", true}, {"y", false}};
      event.ads = {{"a", "", {"red"}, u % 2 == 0}};
      event.split = split;
      ASSERT_TRUE(builder->add(event).ok());
    }
  }
  ASSERT_TRUE(builder->finish("digest").ok());
  const auto data = *Dataset::open(path);
  const InstanceTable test = instances_of(*data, Split::kTest, Task::kMain);
  const Slicing users = *slice_by("user", *data, test, Task::kMain);
  EXPECT_THAT(names_of(users), ElementsAre("known", "new"));
  EXPECT_EQ(users.slices[0].instances.size(), 40u);
  EXPECT_EQ(users.slices[1].instances.size(), 20u);
  const InstanceTable train = instances_of(*data, Split::kTrain, Task::kMain);
  EXPECT_THAT(names_of(*slice_by("user", *data, train, Task::kMain)), ElementsAre("known"));
  std::filesystem::remove(path);
}

TEST_F(Slices, NameTheGroupsThatThereAre) {
  const auto wrong = slice_by("agee", *data_, main_, Task::kMain);
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.status().message(),
              HasSubstr("expected one of day, position, user, age, likes; found \"agee\""));
}

TEST_F(Slices, AreJudgedForBothTasksAndHaveNoIntervalBelowThirtyUsers) {
  std::vector<float> p(main_.size()), ads(ads_.size());
  for (size_t i = 0; i < p.size(); ++i) p[i] = main_.clicked[i] ? 0.9f : 0.1f;
  for (size_t i = 0; i < ads.size(); ++i) ads[i] = ads_.clicked[i] ? 0.1f : 0.9f;
  const InstanceTable none;
  EvaluationInput input{main_, none, ads_, {{"m", p, {}, ads}, {"main only", p, {}, {}}}, 20, 1};
  input.slicings = {*slice_by("age", *data_, main_, Task::kMain),
                    *slice_by("age", *data_, ads_, Task::kAuxiliary)};
  const Evaluation e = evaluate(input);
  const std::vector<SlicedAuc>& sliced = e.models[0].sliced;
  ASSERT_EQ(sliced.size(), 2u);
  EXPECT_EQ(sliced[0].slices[0].users, 35u);
  EXPECT_EQ(sliced[0].slices[0].auc.value, 1);
  EXPECT_DOUBLE_EQ(sliced[0].slices[0].auc.low, 1);
  EXPECT_EQ(sliced[0].slices[1].users, 5u);
  EXPECT_EQ(sliced[0].slices[1].auc.value, 1);
  EXPECT_TRUE(std::isnan(sliced[0].slices[1].auc.low)) << "five users say nothing of others";
  EXPECT_EQ(sliced[1].slices[0].auc.value, 0) << "ads are judged by the predictions for ads";
  EXPECT_TRUE(std::isnan(e.models[1].sliced[1].slices[0].auc.value));
  EXPECT_TRUE(std::isnan(sliced[0].slices[0].above_first.value)) << "the first model is the first";
  EXPECT_EQ(e.models[1].sliced[0].slices[0].above_first.value, 0) << "both say the same";
  EXPECT_TRUE(std::isnan(e.models[1].sliced[1].slices[0].above_first.value));
  EXPECT_THAT(to_text(e), HasSubstr("AUC of ads by age\n  young: 35 instances of 35 users\n"));
  EXPECT_THAT(to_text(e), HasSubstr("  old: 15 instances of 5 users  too few for an interval\n"));
  EXPECT_THAT(to_html(e), HasSubstr("<h2>AUC of SFs by age</h2>"));
  EXPECT_THAT(to_json(e), HasSubstr("\"by\": \"age\""));
}

}  // namespace
}  // namespace barker

#include "models/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Made {
  std::shared_ptr<const Dataset> data;
  BadLines bad;

  std::vector<std::string> texts(std::span<const uint32_t> keywords) const {
    std::vector<std::string> out;
    for (const uint32_t k : keywords) {
      out.emplace_back(k == kUnknownKeyword ? "?" : data->keyword(k));
    }
    return out;
  }
  std::vector<std::string> history(uint32_t search) const {  // newest first
    std::vector<std::string> out = texts(data->search(search).history);
    std::reverse(out.begin(), out.end());
    return out;
  }
};

constexpr char kOneEvent[] =
    R"({"time":1,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
    "\n";

Made make(const std::string& log, const DatasetOptions& options = {}) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << log;
  Made out;
  auto data = open_dataset_or_log(path, path, options, out.bad);
  EXPECT_TRUE(data.ok()) << data.status().message();
  if (data.ok()) out.data = std::move(data).value();
  return out;
}

TEST(Dataset, HasInEachHistoryOnlyWhatTheUserClickedBefore) {
  const Made r = make(
      R"({"time":1,"user":"u","query":"q","split":"train","sfs":[{"text":"first","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"q","split":"train","sfs":[{"text":"second","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"q","split":"train","sfs":[{"text":"third","clicked":1},{"text":"never","clicked":0}]})"
      "\n"
      R"({"time":3,"user":"u","query":"q","split":"train","sfs":[{"text":"last","clicked":0}]})"
      "\n"
      R"({"time":3,"user":"other","query":"q","split":"train","sfs":[{"text":"last","clicked":0}]})"
      "\n");
  EXPECT_THAT(r.history(0), ElementsAre());
  EXPECT_THAT(r.history(1), ElementsAre("first"));
  EXPECT_THAT(r.history(2), ElementsAre("first"))
      << "a search of the same moment must not see the other";
  EXPECT_THAT(r.history(3), ElementsAre("third", "second", "first"));
  EXPECT_THAT(r.history(4), ElementsAre());
}

TEST(Dataset, TakesALateClickForHistoryOnlyFromItsOwnTimeOn) {
  const Made r = make(
      R"({"time":10,"user":"u","split":"train","sfs":[{"text":"late","clicked":1,"click_time":25}],"ads":[{"keywords":["soon"],"clicked":1}]})"
      "\n"
      R"({"time":20,"user":"u","split":"train","sfs":[{"text":"between","clicked":1}]})"
      "\n"
      R"({"time":25,"user":"u","split":"train","sfs":[{"text":"x","clicked":0}]})"
      "\n"
      R"({"time":30,"user":"u","split":"train","sfs":[{"text":"x","clicked":0}]})"
      "\n");
  EXPECT_THAT(r.history(1), ElementsAre("soon"));
  EXPECT_THAT(r.history(2), ElementsAre("between", "soon")) << "a click of the same moment is none";
  EXPECT_THAT(r.history(3), ElementsAre("late", "between", "soon"));
  EXPECT_THAT(r.texts(r.data->search(3).sf_history), ElementsAre("between", "late"));
}

TEST(Dataset, TakesTheHistoryOfTheEngineIfTheLogHasIt) {
  const Made r = make(
      R"({"time":1,"user":"u","split":"train","user_keywords":["New","old"],"sfs":[{"text":"a","clicked":1}]})"
      "\n");
  EXPECT_THAT(r.history(0), ElementsAre("new", "old"));
}

TEST(Dataset, KnowsOnlyKeywordsOfTheTrainingSplit) {
  const Made r = make(
      R"({"time":1,"user":"u","query":"dress","split":"train","sfs":[{"text":"a","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"novel dress","split":"test","sfs":[{"text":"unseen","clicked":1}]})"
      "\n");
  EXPECT_THAT(r.texts(r.data->search(1).query), ElementsAre("?", "dress"));
  EXPECT_EQ(r.data->search(1).sfs[0], kUnknownKeyword);
}

TEST(Dataset, KeepsSfsOfSeveralWordsWholeInTitlesAndQueries) {
  const Made r = make(
      R"({"time":1,"user":"u","query":"free shipping shoes","split":"train","sfs":[{"text":"Free Shipping","clicked":1}],"ads":[{"id":"a","title":"Shoes, free shipping","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"x","split":"train","sfs":[{"text":"Free Shipping","clicked":0}]})"
      "\n");
  EXPECT_EQ(r.data->search(0).query.size(), 2u);
  EXPECT_THAT(r.history(1), ElementsAre("free shipping", "shoes", "free shipping"));
}

TEST(Dataset, HasTheListOfPhrasesThatItWasComposedWith) {
  const Made r = make(
      R"({"time":1,"user":"u","query":"q","split":"train","sfs":[{"text":"Free  Shipping","clicked":0},{"text":"single","clicked":0}]})"
      "\n"
      R"({"time":2,"user":"u","query_keywords":["trail ready"],"split":"train","sfs":[{"text":"a","clicked":0}]})"
      "\n"
      R"({"time":3,"user":"u","query":"q","split":"test","sfs":[{"text":"only in test","clicked":0},{"text":"end. sentence","clicked":0}]})"
      "\n");
  std::vector<std::string_view> phrases;
  for (uint32_t i = 0; i < r.data->phrases(); ++i) phrases.push_back(r.data->phrase(i));
  EXPECT_THAT(phrases, ElementsAre("free shipping", "only in test", "trail ready"));
}

TEST(Dataset, ReportsBadLinesAndUsesTheOthers) {
  const Made r = make(R"({"time":5,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
                      "\n"
                      R"({"time":4,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
                      "\n"
                      R"({"time":6,"user":"u","sfs":[{"text":"a","clicked":7}]})"
                      "\n"
                      R"({"time":7,"user":"u","sfs":[{"te)");
  EXPECT_EQ(r.data->events(), 2u);
  EXPECT_EQ(r.data->search(0).time, 4) << "the lines are sorted";
  EXPECT_THAT(r.bad.report("log"), HasSubstr("log:3: sfs[0].clicked"));
  EXPECT_THAT(r.bad.report("log"), HasSubstr("the last line is cut off"));
}

TEST(Dataset, SplitsByTimeIfTheLogDoesNotSplit) {
  std::string log;
  for (int i = 0; i < 100; ++i) {
    log += R"({"time":)" + std::to_string(i) +
           R"(,"user":"u","sfs":[{"text":"a","clicked":0}]})"
           "\n";
  }
  const Made r = make(log);
  EXPECT_NEAR(static_cast<double>(r.data->instances_of(Split::kTrain, Task::kMain)), 80, 1);
  EXPECT_NEAR(static_cast<double>(r.data->instances_of(Split::kValidation, Task::kMain)), 5, 1);
  EXPECT_EQ(r.data->search(99).split, Split::kTest);
}

TEST(Dataset, KeepsGroupsWithWeightsAndDropsFeaturesThatTrainingNeverSaw) {
  const Made r = make(
      R"({"time":1,"user":"u","split":"train","groups":{"profile":["f","25"],"tags":{"cafe":2}},"sfs":[{"text":"a","clicked":1,"p":0.25}]})"
      "\n"
      R"({"time":2,"user":"u","split":"test","groups":{"tags":{"new":3,"cafe":0.5}},"sfs":[{"text":"a","clicked":1}]})"
      "\n");
  ASSERT_THAT(r.data->groups(), ElementsAre("profile", "tags"));
  ASSERT_EQ(r.data->features(), 3u);
  EXPECT_EQ(r.data->feature(r.data->group(0, 0).features[1]), "profile=25");
  EXPECT_THAT(r.data->group(0, 1).weights, ElementsAre(2));
  EXPECT_TRUE(r.data->group(1, 0).features.empty());
  ASSERT_EQ(r.data->group(1, 1).features.size(), 1u);
  EXPECT_EQ(r.data->feature(r.data->group(1, 1).features[0]), "tags=cafe");
  EXPECT_THAT(r.data->group(1, 1).weights, ElementsAre(0.5f));
  EXPECT_EQ(r.data->search(0).sf_truth[0], 0.25f);
  EXPECT_TRUE(std::isnan(r.data->search(1).sf_truth[0]));
}

TEST(Dataset, KeepsAHistoryOfClickedSfsOfItsOwn) {
  const Made r = make(
      R"({"time":1,"user":"u","split":"train","sfs":[{"text":"sf","clicked":1}],"ads":[{"id":"1","keywords":["x","y"],"clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","split":"train","sfs":[{"text":"sf","clicked":0}]})"
      "\n");
  EXPECT_THAT(r.history(1), ElementsAre("y", "x", "sf"));
  EXPECT_THAT(r.texts(r.data->search(1).sf_history), ElementsAre("sf"));
  EXPECT_THAT(r.texts(r.data->title(r.data->search(0).ads[0])), ElementsAre("x", "y"));
}

TEST(Dataset, LeavesOutAShareOfTheTrainingBarsButNoHistory) {
  std::string log;
  for (int i = 0; i < 2000; ++i) {
    log += R"({"time":)" + std::to_string(i) + R"(,"user":"u","split":")" +
           (i < 1000 ? "train" : "test") + R"(","sfs":[{"text":"a","clicked":1}]})" + "\n";
  }
  DatasetOptions options;
  options.main_share = 0.1;
  const Made r = make(log, options);
  EXPECT_NEAR(static_cast<double>(r.data->instances_of(Split::kTrain, Task::kMain)), 100, 40);
  EXPECT_EQ(r.data->instances_of(Split::kTest, Task::kMain), 1000u);
  EXPECT_EQ(r.data->search(1500).history.size(), 1500u);
}

TEST(Dataset, RefusesReservedGroupNames) {
  const Made r = make(
      std::string(kOneEvent) +
      R"({"time":1,"user":"u","split":"train","groups":{"query":["a"]},"sfs":[{"text":"a","clicked":1}]})"
      "\n");
  EXPECT_EQ(r.data->events(), 1u);
  EXPECT_THAT(r.bad.report("log"), HasSubstr("log:2: groups.query: this name is reserved"));
}

TEST(Dataset, RefusesGroupNamesThatWouldMixUpFeatures) {
  for (const std::string name : {"", "a=b"}) {
    const Made r = make(std::string(kOneEvent) + R"({"time":1,"user":"u","groups":{")" + name +
                        R"(":["c"]},"sfs":[{"text":"a","clicked":1}]})" + "\n");
    EXPECT_EQ(r.data->events(), 1u);
    EXPECT_THAT(r.bad.report("log"),
                HasSubstr("log:2: groups: expected a name that is not empty and has no \"=\", "
                          "found \"" +
                          name + "\""));
  }
}

TEST(Dataset, IsRefusedIfAByteOfItIsWrong) {
  const std::string log = temporary_path("log.jsonl"), path = temporary_path("data.barker");
  std::ofstream(log) << R"({"time":1,"user":"u","query":"shoes","sfs":[{"text":"a","clicked":1}]})"
                     << "\n";
  BadLines bad;
  ASSERT_TRUE(build_dataset(log, path, {}, bad).ok());
  ASSERT_TRUE(Dataset::open(path).ok());
  std::string bytes;
  {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (size_t at = 0; at < bytes.size(); at += 7) {
    std::string wrong = bytes;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x10);
    std::ofstream(path, std::ios::binary) << wrong;
    const auto opened = Dataset::open(path);
    ASSERT_FALSE(opened.ok()) << "byte " << at;
    EXPECT_THAT(opened.status().message(), HasSubstr(path));
  }
  std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() - 1);
  EXPECT_FALSE(Dataset::open(path).ok());
}

TEST(Dataset, NamesWhatCannotBeDone) {
  BadLines bad;
  const std::string path = temporary_path("data.barker");
  EXPECT_EQ(build_dataset("/nowhere", path, {}, bad).code(), Code::kNotFound);
  const std::string log = temporary_path("log.jsonl");
  std::ofstream(log) << kOneEvent;
  EXPECT_EQ(build_dataset(log, "/nowhere/data", {}, bad).code(), Code::kIoError);
  ASSERT_TRUE(build_dataset(log, path, {}, bad).ok());
  DatasetOptions options;
  options.main_share = 0.5;
  EXPECT_THAT(open_dataset_or_log(path, path, options, bad).status().message(),
              HasSubstr("when a dataset is made"));
  std::remove(path.c_str());
  std::remove(log.c_str());
}

TEST(Dataset, IsNotMadeOfALogWithoutEvents) {
  const std::string log = temporary_path("log.jsonl"), path = temporary_path("data");
  for (const auto& [text, found] : {std::pair{"", "found an empty file"},
                                    std::pair{"no event\n\n", "found 1 line without one"}}) {
    std::ofstream(log) << text;
    BadLines bad;
    const Status status = build_dataset(log, path, {}, bad);
    EXPECT_EQ(status.code(), Code::kBadData);
    EXPECT_THAT(status.message(), HasSubstr(found));
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  std::remove(log.c_str());
}

}  // namespace
}  // namespace barker

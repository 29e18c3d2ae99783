#include "models/train/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/models/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  Instances data;
  BadLines bad;
  std::vector<std::string> history(size_t search) const {
    std::vector<std::string> out;
    for (const uint32_t k : data.history[search]) out.push_back(data.keywords[k]);
    return out;
  }
};

Read read(const std::string& log) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << log;
  Read out;
  auto data = read_instances(path, {}, out.bad);
  EXPECT_TRUE(data.ok()) << data.status().message();
  if (data.ok()) out.data = std::move(data).value();
  return out;
}

TEST(ReadInstances, SeeOnlyWhatTheUserDidStrictlyBefore) {
  const Read r = read(
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

TEST(ReadInstances, TakesTheHistoryTheEngineUsedWhereTheLogHasIt) {
  const Read r = read(
      R"({"time":1,"user":"u","split":"train","user_keywords":["New","old"],"sfs":[{"text":"a","clicked":1}]})"
      "\n");
  EXPECT_THAT(r.history(0), ElementsAre("new", "old"));
}

TEST(ReadInstances, KnowsOnlyKeywordsOfTheTrainingSplit) {
  const Read r = read(
      R"({"time":1,"user":"u","query":"dress","split":"train","sfs":[{"text":"a","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"novel dress","split":"test","sfs":[{"text":"unseen","clicked":1}]})"
      "\n");
  EXPECT_EQ(r.data.query[1].size(), 1u);
  EXPECT_EQ(r.data.targets[1][0].keyword, kUnknownKeyword);
}

TEST(ReadInstances, KeepsSfsOfSeveralWordsWholeInTitlesAndQueries) {
  const Read r = read(
      R"({"time":1,"user":"u","query":"free shipping shoes","split":"train","sfs":[{"text":"Free Shipping","clicked":1}],"ads":[{"id":"a","title":"Shoes, free shipping","clicked":1}]})"
      "\n"
      R"({"time":2,"user":"u","query":"x","split":"train","sfs":[{"text":"Free Shipping","clicked":0}]})"
      "\n");
  EXPECT_EQ(r.data.query[0].size(), 2u);
  EXPECT_THAT(r.history(1), ElementsAre("free shipping", "shoes", "free shipping"));
}

TEST(ReadInstances, ReportsBadLinesAndUsesTheOthers) {
  const Read r = read(R"({"time":5,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
                      "\n"
                      R"({"time":4,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
                      "\n"
                      R"({"time":6,"user":"u","sfs":[{"text":"a","clicked":7}]})"
                      "\n"
                      R"({"time":7,"user":"u","sfs":[{"te)");
  EXPECT_EQ(r.data.events, 1u);
  EXPECT_THAT(r.bad.report("log"),
              HasSubstr("log:2: time: 4 is before the user's last event at 5"));
  EXPECT_THAT(r.bad.report("log"), HasSubstr("log:3: sfs[0].clicked"));
  EXPECT_THAT(r.bad.report("log"), HasSubstr("the last line is cut off"));
}

TEST(ReadInstances, SplitsByTimeWhereTheLogDoesNot) {
  std::string log;
  for (int i = 0; i < 100; ++i) {
    log += R"({"time":)" + std::to_string(i) +
           R"(,"user":"u","sfs":[{"text":"a","clicked":0}]})"
           "\n";
  }
  const Read r = read(log);
  EXPECT_NEAR(static_cast<double>(r.data.targets_of(Split::kTrain)), 80, 1);
  EXPECT_NEAR(static_cast<double>(r.data.targets_of(Split::kValidation)), 5, 1);
  EXPECT_EQ(r.data.split[99], Split::kTest);
}

}  // namespace
}  // namespace barker

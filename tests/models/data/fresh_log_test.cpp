#include "models/data/fresh_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "models/data/events.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

SearchEvent event(int64_t time, const std::string& user, const std::string& clicked_sf) {
  SearchEvent e;
  e.time = time;
  e.user = user;
  e.query = "rain jacket";
  e.groups = {{"profile", {"age=30"}}};
  e.sfs = {{clicked_sf, true}, {"cheap", false}};
  return e;
}

std::string log_of(const std::vector<SearchEvent>& events, const std::string& more = "") {
  std::string text;
  for (const SearchEvent& e : events) append_event(e, text);
  std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << text << more;
  return path;
}

class FreshLogTest : public testing::Test {
 protected:
  std::shared_ptr<const Dataset> open(const FreshLogPaths& paths,
                                      const std::vector<std::string>& phrases = {},
                                      double max_bad_share = 1) {
    bad_ = BadLines();
    DatasetOptions options;
    options.max_bad_share = max_bad_share;
    const auto fresh = FreshLog::open(paths, options, temporary_path("scratch"));
    error_ = fresh.ok() ? "" : fresh.status().message();
    if (!fresh.ok()) return nullptr;
    const auto data = fresh->dataset(phrases, bad_);
    error_ = data.ok() ? "" : data.status().message();
    return data.ok() ? *data : nullptr;
  }

  BadLines bad_;
  std::string error_;
};

TEST_F(FreshLogTest, IsJudgedWholeAndItsWordsAreNumbered) {
  SearchEvent trained = event(20, "u", "waterproof");
  trained.split = Split::kTrain;  // as a log that was prepared for training may say
  const auto data = open({{log_of({event(10, "u", "soft"), trained})}, {}});
  ASSERT_TRUE(data) << error_;
  const auto test = data->searches_of(Split::kTest, Task::kMain);
  ASSERT_EQ(test.size(), 2u);
  EXPECT_EQ(data->instances_of(Split::kTest, Task::kMain), 4u);
  EXPECT_EQ(data->instances_of(Split::kTrain, Task::kMain), 0u);
  for (const uint32_t search : test) {
    for (const uint32_t sf : data->search(search).sfs) EXPECT_NE(sf, kUnknownKeyword);
    for (const uint32_t word : data->search(search).query) EXPECT_NE(word, kUnknownKeyword);
    EXPECT_EQ(data->group(search, 0).features.size(), 1u);
  }
}

TEST_F(FreshLogTest, GivesUsersTheHistoryOfEarlierLogs) {
  const auto data = open({{log_of({event(30, "u", "soft"), event(30, "v", "soft")})},
                          {log_of({event(20, "u", "dry")}), log_of({event(10, "u", "warm")})}});
  ASSERT_TRUE(data) << error_;
  const auto test = data->searches_of(Split::kTest, Task::kMain);
  ASSERT_EQ(test.size(), 2u);
  const SearchView known = data->search(test[0]), stranger = data->search(test[1]);
  ASSERT_EQ(known.history.size(), 2u);
  EXPECT_EQ(data->keyword(known.history[0]), "warm");
  EXPECT_EQ(data->keyword(known.history[1]), "dry");
  EXPECT_TRUE(stranger.history.empty());
}

TEST_F(FreshLogTest, ComposesQueriesWithTheGivenPhrases) {
  const std::string log = log_of({event(1, "u", "soft")});
  const auto words = open({{log}, {}}), phrase = open({{log}, {}}, {"rain jacket"});
  ASSERT_TRUE(words && phrase) << error_;
  EXPECT_EQ(words->search(0).query.size(), 2u);
  ASSERT_EQ(phrase->search(0).query.size(), 1u);
  EXPECT_EQ(phrase->keyword(phrase->search(0).query[0]), "rain jacket");
}

TEST_F(FreshLogTest, ReportsTheBadLinesOfEachFile) {
  const std::string log = log_of({event(30, "u", "soft")}, "{}\n");
  const std::string history = log_of({event(10, "u", "warm")}, "not JSON\n");
  ASSERT_TRUE(open({{log}, {history}})) << error_;
  EXPECT_THAT(bad_.report(""), HasSubstr(log + ":2: time: missing"));
  EXPECT_THAT(bad_.report(""), HasSubstr(history + ":2: not JSON"));
}

TEST_F(FreshLogTest, HasNoHistoryThatIsNewerThanASearch) {
  const auto data = open({{log_of({event(30, "u", "soft"), event(15, "u", "late")})},
                          {log_of({event(10, "u", "warm"), event(20, "u", "dry")})}});
  ASSERT_TRUE(data) << error_;
  const auto test = data->searches_of(Split::kTest, Task::kMain);
  ASSERT_EQ(test.size(), 2u);
  EXPECT_EQ(data->search(test[0]).history.size(), 1u);
  EXPECT_EQ(data->search(test[1]).history.size(), 3u);
}

TEST_F(FreshLogTest, WithTooManyUnusableLinesIsRefused) {
  const std::string log = log_of({event(1, "u", "soft")}, "not JSON\n");
  EXPECT_FALSE(open({{log}, {}}, {}, 0.4));
  EXPECT_THAT(error_, HasSubstr("1 of 2 lines cannot be used, at most 40.00% may"));
  EXPECT_TRUE(open({{log}, {}}, {}, 0.5));
}

TEST_F(FreshLogTest, IsReadAsOftenAsItIsAskedForAlsoThroughAPipe) {
  const std::string pipe = temporary_path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer(
      [&] { std::ofstream(pipe) << std::ifstream(log_of({event(1, "u", "soft")})).rdbuf(); });
  const auto fresh = FreshLog::open({{pipe}, {}}, {}, temporary_path("scratch"));
  writer.join();
  ASSERT_TRUE(fresh.ok()) << fresh.status().message();
  for (int time = 0; time < 2; ++time) {
    BadLines bad;
    const auto data = fresh->dataset({}, bad);
    ASSERT_TRUE(data.ok()) << data.status().message();
    EXPECT_EQ((*data)->instances_of(Split::kTest, Task::kMain), 2u);
  }
}

TEST_F(FreshLogTest, WritesItsTemporaryFilesWhereTheOptionsSay) {
  const std::string directory = temporary_path("scratch_directory"), pipe = temporary_path("pipe");
  ASSERT_EQ(mkdir(directory.c_str(), 0700), 0);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {  // a copy of the pipe, and a sort, because its lines go back in time
    std::ofstream(pipe)
        << std::ifstream(log_of({event(2, "u", "soft"), event(1, "v", "soft")})).rdbuf();
  });
  DatasetOptions options;
  options.scratch = directory;
  const auto fresh = FreshLog::open({{pipe}, {}}, options, "/nowhere/scratch");
  writer.join();
  ASSERT_TRUE(fresh.ok()) << fresh.status().message();
  BadLines bad;
  const auto data = fresh->dataset({}, bad);
  ASSERT_TRUE(data.ok()) << data.status().message();
  EXPECT_EQ((*data)->instances_of(Split::kTest, Task::kMain), 4u);
  EXPECT_EQ(rmdir(directory.c_str()), 0) << "it is empty, because their names vanish at once";
}

TEST_F(FreshLogTest, WithoutAUsableEventIsAnError) {
  EXPECT_FALSE(open({{log_of({}, "not JSON\n")}, {}}));
  EXPECT_THAT(error_, HasSubstr("expected events, found 1 line without one"));
  EXPECT_FALSE(open({{log_of({})}, {log_of({event(10, "u", "warm")})}}));
  EXPECT_THAT(error_, HasSubstr("expected events, found an empty file"));
  EXPECT_FALSE(open({{"/nowhere/log.jsonl"}, {}}));
  EXPECT_THAT(error_, HasSubstr("/nowhere/log.jsonl"));
}

}  // namespace
}  // namespace barker

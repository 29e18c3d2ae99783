// Event logs of several files and in any order.
#include "models/data/merged_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "models/base/random.h"
#include "models/data/dataset.h"
#include "models/data/line_time.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string put(const std::string& text) {
  std::string path = temporary_path("log.jsonl");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string event_line(int64_t time, const std::string& user, const std::string& sf) {
  return "{\"time\":" + std::to_string(time) + ",\"user\":\"" + user + "\",\"query\":\"q " + sf +
         "\",\"sfs\":[{\"text\":\"" + sf + "\",\"clicked\":1}]}";
}

// Lines "TIME user sf", so that a line tells where it comes from.
std::vector<std::string> texts_of(const MergedLog& log) {
  std::vector<std::string> texts;
  Result<EventLines> lines = log.lines();
  EXPECT_TRUE(lines.ok()) << lines.status().message();
  LogLine line;
  while (lines->next(line)) texts.emplace_back(line.text);
  EXPECT_TRUE(lines->status().ok()) << lines->status().message();
  return texts;
}

MergedLogOptions options(size_t sort_memory = 1 << 20) {
  return {"", temporary_path("scratch"), sort_memory};
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(MergedLog, TakesLinesWithoutATimeForNoDisorder) {
  const std::string file =
      put("{\"time\":\"5\",\"user\":\"a\"}\n{\"time\":-7,\"user\":\"b\"}\n{\"user\":\"c\"}\n"
          "{\"time\":-9,\"user\":\"c\"}\n");
  const auto log = MergedLog::open({file}, options());
  ASSERT_TRUE(log.ok()) << log.status().message();
  EXPECT_EQ(log->notice(), "");
  EXPECT_EQ(texts_of(*log).size(), 4u);
}

TEST(MergedLog, RefusesAFileThatIsThereTwice) {
  const std::string file = put("{\"time\":1}\n"), link = temporary_path("link.jsonl");
  EXPECT_EQ(MergedLog::open({file, put(""), file}, options()).status().message(),
            file + ": is there twice");
  std::filesystem::create_symlink(file, link);
  EXPECT_EQ(MergedLog::open({file, link}, options()).status().message(),
            link + ": is the same file as " + file);
}

TEST(MergedLog, MergesFilesByTimeAndKeepsTheOrderOfEqualTimes) {
  const std::string a = put("{\"time\":1,\"n\":1}\n{\"time\":5,\"n\":2}\n{\"time\":5,\"n\":3}\n");
  const std::string b = put("{\"time\":2,\"n\":4}\n{\"time\":5,\"n\":5}\n{\"time\":6,\"n\":6}");
  const auto log = MergedLog::open({a, put(""), b}, options());
  ASSERT_TRUE(log.ok()) << log.status().message();
  EXPECT_EQ(log->notice(), "");
  EXPECT_EQ(log->name(), a + " and 2 more");
  for (int reading = 0; reading < 2; ++reading) {
    EXPECT_THAT(texts_of(*log), ElementsAre("{\"time\":1,\"n\":1}", "{\"time\":2,\"n\":4}",
                                            "{\"time\":5,\"n\":2}", "{\"time\":5,\"n\":3}",
                                            "{\"time\":5,\"n\":5}", "{\"time\":6,\"n\":6}"));
  }
}

TEST(MergedLog, SortsAFileThatIsNotInTimeOrderAndSaysSo) {
  const std::string path = put("{\"time\":7}\nno event\n{\"time\":3}\n{\"time\":7,\"second\":1}\n");
  const auto log = MergedLog::open({path}, options());
  ASSERT_TRUE(log.ok()) << log.status().message();
  EXPECT_EQ(log->notice(), path +
                               ": line 3 is of 3, after one of 7, so its lines are sorted by time "
                               "in a temporary file\n");
  EXPECT_THAT(texts_of(*log),
              ElementsAre("{\"time\":3}", "{\"time\":7}", "no event", "{\"time\":7,\"second\":1}"));
}

TEST(MergedLog, OfOneFileMayHaveItsUsersOneAfterTheOther) {
  const std::string lines = "{\"time\":7,\"user\":\"a\"}\n{\"time\":3,\"user\":\"b\"}\n";
  const std::string path = put(lines);
  const auto log = MergedLog::open({path}, options());
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(log->notice(), "");
  EXPECT_EQ(text_of(texts_of(*log)), lines);
  const auto two = MergedLog::open({path, put("{\"time\":5,\"user\":\"a\"}\n")}, options());
  EXPECT_THAT(two->notice(), HasSubstr("line 2 is of 3, after one of 7"));
  const auto late = MergedLog::open({put(lines + "{\"time\":6,\"user\":\"a\"}\n")}, options());
  EXPECT_THAT(late->notice(), HasSubstr("line 3 is of 6, after one of 7"));
}

TEST(MergedLog, OpensFewOfManyFilesOfOneTimeAtOnce) {
  std::vector<std::string> paths, expected;
  for (int i = 0; i < 70; ++i) {
    expected.push_back("{\"time\":1,\"n\":" + std::to_string(i) + "}");
    paths.push_back(put(expected.back() + "\n"));
  }
  const auto log = MergedLog::open(paths, options());
  ASSERT_TRUE(log.ok()) << log.status().message();
  EXPECT_THAT(log->notice(), HasSubstr("more than 64 files are of one time"));
  EXPECT_EQ(texts_of(*log), expected);
}

TEST(MergedLog, NamesTheFileThatCannotBeRead) {
  const auto log = MergedLog::open({put("{\"time\":1}\n"), "/nowhere/log.jsonl"}, options());
  ASSERT_FALSE(log.ok());
  EXPECT_THAT(log.status().message(), HasSubstr("/nowhere/log.jsonl"));
  EXPECT_FALSE(MergedLog::open(std::vector<std::string>(), options()).ok());
}

// What the sort knows of a line, with a text of its own.
struct Line {
  LogLine line;
  std::string text;
};

TEST(LineSort, GivesEveryLineInOrderInAsManyPassesAsItsMemoryTakes) {
  uint64_t random = 1;
  for (const size_t memory : {size_t{1}, size_t{700}, size_t{5000}, size_t{1} << 20}) {
    std::vector<Line> lines;
    LineSort sort(temporary_path("sort"), memory);
    for (uint64_t i = 1; i <= 500; ++i) {
      const auto time = static_cast<int64_t>(next_random(random) % 100);
      // Some lines are longer than the memory and than a buffer.
      const size_t size = i % 100 == 0 ? 6000 : next_random(random) % 50;
      lines.push_back({{time, static_cast<uint32_t>(i % 3), i, i == 500, {}},
                       std::string(size, static_cast<char>('a' + i % 26))});
      LogLine line = lines.back().line;
      line.text = lines.back().text;
      ASSERT_TRUE(sort.add(line).ok());
    }
    ASSERT_TRUE(sort.finish().ok());
    std::ranges::sort(lines, [](const Line& a, const Line& b) { return a.line.is_before(b.line); });
    for (int reading = 0; reading < 2; ++reading) {
      LineSort::Reader reader = sort.read();
      LogLine line;
      for (const Line& expected : lines) {
        ASSERT_TRUE(reader.next(line)) << memory;
        EXPECT_EQ(line.number, expected.line.number);
        EXPECT_EQ(line.time, expected.line.time);
        EXPECT_EQ(line.is_cut, expected.line.is_cut);
        EXPECT_EQ(line.text, expected.text);
      }
      EXPECT_FALSE(reader.next(line));
      EXPECT_TRUE(reader.status().ok());
    }
  }
}

TEST(LineSort, SaysWhereItCannotWrite) {
  LineSort sort("/nowhere/scratch", 1 << 20);
  ASSERT_TRUE(sort.add({1, 0, 1, false, "x"}).ok());
  EXPECT_THAT(sort.finish().message(), HasSubstr("/nowhere/scratch"));
}

// All bytes of the dataset that is made of the files.
std::string dataset_of(const std::vector<std::string>& paths, size_t sort_memory) {
  DatasetOptions options;
  options.sort_memory = sort_memory;
  const std::string made = temporary_path("dataset");
  BadLines bad;
  const Status s = build_dataset(paths, made, options, bad);
  EXPECT_TRUE(s.ok()) << s.message();
  EXPECT_EQ(bad.count(), 0u) << bad.report("");
  std::ifstream in(made, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MergedLog, OfAnyShardsInAnyOrderGivesTheDatasetOfOneSortedFile) {
  std::vector<std::string> lines;
  for (int i = 0; i < 300; ++i) {
    lines.push_back(
        event_line(1000 + i, "u" + std::to_string(i % 7), "sf" + std::to_string(i * i % 11)));
  }
  const std::string expected = dataset_of({put(text_of(lines))}, 1 << 20);
  uint64_t random = 5;
  for (int trial = 0; trial < 12; ++trial) {
    std::vector<std::vector<std::string>> shards(1 + next_random(random) % 5);
    for (const std::string& line : lines) {
      shards[next_random(random) % shards.size()].push_back(line);
    }
    std::vector<std::string> paths;
    for (std::vector<std::string>& shard : shards) {
      const bool shuffled = next_random(random) % 2 == 0;
      for (size_t i = shard.size(); shuffled && i > 1; --i) {
        std::swap(shard[i - 1], shard[next_random(random) % i]);
      }
      paths.push_back(put(text_of(shard)));
    }
    const size_t memory = trial % 2 == 0 ? 2000 : 1 << 20;
    EXPECT_TRUE(dataset_of(paths, memory) == expected) << "trial " << trial;
  }
}

TEST(TimeOfLine, IsTheTimeOfTheObjectItself) {
  EXPECT_EQ(time_of_line(R"({"time": 12, "user": "u"})", ""), 12);
  EXPECT_EQ(time_of_line(R"({"ads": [{"time": 1}], "x": {"time": 2}, "time": -3.0})", ""), -3);
  EXPECT_EQ(time_of_line(R"({"time": 12, "the rest is cut)", ""), 12);
  EXPECT_EQ(time_of_line("{\"user\": \"\xB3\xC4\", \"time\": 5}", "GB18030"), 5);
  for (const char* none : {"", "no event", "[1]", R"({"user": "time"})", R"({"time": "12"})",
                           R"({"time": 1.5})", R"({"time": 18446744073709551615})"}) {
    EXPECT_FALSE(time_of_line(none, "").has_value()) << none;
  }
}

}  // namespace
}  // namespace barker

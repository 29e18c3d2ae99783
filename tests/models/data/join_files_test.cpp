// Raw logs of several servers and files, joined.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "models/base/compression.h"
#include "models/base/random.h"
#include "models/data/join.h"
#include "models/data/validate.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/data/raw_pages.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class JoinFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  static std::string text_of(const std::vector<RawEvent>& log) {
    std::string text;
    for (const RawEvent& event : log) {
      text += std::visit([](const auto& e) { return to_line(e); }, event);
    }
    return text;
  }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text;
    return directory_ + "/" + name;
  }
  JoinReport join_files(const std::vector<std::string>& paths) {
    events_.clear();
    Result<JoinReport> report = join_raw_logs(paths, kJoinOptions, [&](const SearchEvent& event) {
      events_.push_back(event);
      return Status();
    });
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : JoinReport();
  }

  const std::string directory_ = temporary_path("join");
  std::vector<SearchEvent> events_;
};

TEST_F(JoinFiles, ReadsTheLogsOfSeveralServersAsOne) {
  Random random(9, 1);
  std::vector<RawEvent> log;
  while (log.size() < 500) log = random_log(random, kJoinOptions);
  const Joined expected = join(log);
  // Two servers, each with a file for the first half of its lines and one for the second.
  std::vector<std::vector<RawEvent>> parts(4);
  for (size_t i = 0; i < log.size(); ++i) {
    parts[2 * random.below(2) + (2 * i < log.size() ? 0 : 1)].push_back(log[i]);
  }
  std::vector<std::string> paths;
  for (size_t i = 0; i < parts.size(); ++i) {
    paths.push_back(put("part" + std::to_string(i), text_of(parts[i])));
  }
  for (const size_t i : {1u, 2u}) {
    const Compression kind = i == 1 ? Compression::kGzip : Compression::kZstd;
    const std::string copy = paths[i] + std::string(extension_of(kind));
    ASSERT_TRUE(compress_file(paths[i], copy, kind).ok());
    paths[i] = copy;
  }
  std::reverse(paths.begin(), paths.end());
  const JoinReport report = join_files(paths);
  EXPECT_EQ(clicked(events_), clicked(expected.events));
  EXPECT_EQ(report.counts, expected.counts);
  EXPECT_EQ(report.lines, log.size());
  EXPECT_EQ(report.bad_lines, 0u);
}

TEST_F(JoinFiles, CountsBadLinesAndTheOneThatIsBeingWritten) {
  const std::string path = put("log", text_of({page_of("r1", 0)}) + "no JSON\n\n" +
                                          text_of({page_of("r2", 1)}) + "{\"type\":\"impre");
  const std::string other = put("other", "{}\n" + text_of({page_of("r3", 2)}));
  const JoinReport report = join_files({path, other});
  EXPECT_THAT(clicked(events_), ElementsAre("r1:", "r2:", "r3:"));
  EXPECT_EQ(report.lines, 6u);
  EXPECT_EQ(report.bad_lines, 2u);
  EXPECT_EQ(report.unfinished_lines, 1u);
  EXPECT_THAT(report.bad, HasSubstr(path + ":2: not JSON"));
  EXPECT_THAT(report.bad, HasSubstr(other + ":1: type: expected"));
}

TEST_F(JoinFiles, FindsAFileThatWasCompressedMeanwhile) {
  const std::string path = put("log", text_of({page_of("r1", 0), page_of("r2", 1)}));
  ASSERT_TRUE(compress_file(path, path + ".zst", Compression::kZstd).ok());
  fs::remove(path);
  join_files({path});
  EXPECT_THAT(clicked(events_), ElementsAre("r1:", "r2:"));
}

TEST_F(JoinFiles, NamesTheFileThatCannotBeRead) {
  const auto write = [](const SearchEvent&) { return Status(); };
  EXPECT_THAT(join_raw_logs({directory_ + "/missing"}, kJoinOptions, write).status().message(),
              HasSubstr(directory_ + "/missing: "));
  const std::string whole = put("log", text_of(std::vector<RawEvent>(500, page_of("r1", 0))));
  ASSERT_TRUE(compress_file(whole, whole + ".zst", Compression::kZstd).ok());
  fs::resize_file(whole + ".zst", fs::file_size(whole + ".zst") - 3);
  EXPECT_THAT(join_raw_logs({whole + ".zst"}, kJoinOptions, write).status().message(),
              HasSubstr("the compressed data ends early"));
}

TEST_F(JoinFiles, MakesALogThatTheValidatorCallsUsable) {
  std::vector<RawEvent> log;
  Random random(10, 1);
  for (int i = 0; i < 500; ++i) {
    const std::string request = "r" + std::to_string(i);
    log.emplace_back(page_of(request, i * 1'000, "u" + std::to_string(i % 20)));
    for (const char* object : {"retro", "lace", "a1", "a2"}) {
      if (random.below(3) > 0) continue;
      log.emplace_back(click_on("e" + request + object, i * 1'000 + 500, request, object));
    }
  }
  const std::string raw = put("raw", text_of(log)), path = put("events.jsonl", "");
  std::string text;
  join_files({raw});
  for (const SearchEvent& event : events_) append_event(event, text);
  std::ofstream(path) << text;
  const Result<LogReport> report = validate_log({path}, directory_ + "/scratch", {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(report->usable()) << report->text();
  EXPECT_THAT(report->text(), HasSubstr("training: 800 SF impressions"));
  EXPECT_THAT(report->text(), HasSubstr("training: 800 ad impressions"));
  EXPECT_THAT(report->text(), Not(HasSubstr("cannot be used")));
}

}  // namespace
}  // namespace barker

#include "models/data/grouped_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RepeatableLog text_at(const std::string& path) {
  Result<RepeatableLog> log = RepeatableLog::open(path, path);
  return std::move(*log);
}

std::vector<SearchEvent> read(const std::string& text, BadLines& bad) {
  const std::string path = temporary_path("grouped");
  std::ofstream(path, std::ios::binary) << text;
  std::vector<SearchEvent> events;
  const auto lines = read_grouped_text(text_at(path), "", bad, [&](const SearchEvent& event) {
    events.push_back(event);
    return Status();
  });
  EXPECT_TRUE(lines.ok()) << lines.status().message();
  std::remove(path.c_str());
  return events;
}

TEST(GroupedText, ReadsTheExampleOfItsDescription) {
  BadLines bad;
  const auto events = read(
      "#groups hist sfhist query target profile tags\n"
      "1\tS\tu17:s9:1730000000\t{cotton;slim}{retro}{dress;summer}{retro}{f;25-29}{vintage:2;cafe}"
      "\n"
      "0\tC\tu17:s9:1730000000\t{cotton;slim}{retro}{dress;summer}{dress;lace}{f;25-29}{vintage:2;"
      "cafe}\n"
      "0\tS\tu18:s10:1730000001\t{}{}{}{retro}{}{}\n",
      bad);
  EXPECT_EQ(bad.count(), 0u);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].user, "u17");
  EXPECT_EQ(events[0].search, "s9");
  EXPECT_EQ(events[0].time, 1730000000);
  EXPECT_THAT(*events[0].user_keywords, ElementsAre("cotton", "slim"));
  EXPECT_THAT(*events[0].query_keywords, ElementsAre("dress", "summer"));
  ASSERT_EQ(events[0].groups.size(), 3u);
  EXPECT_EQ(events[0].groups[0].name, "sfhist");
  EXPECT_THAT(events[0].groups[2].weights, ElementsAre(2, 1));
  EXPECT_TRUE(events[0].sfs[0].clicked);
  EXPECT_THAT(events[0].ads[0].keywords, ElementsAre("dress", "lace"));
  EXPECT_FALSE(events[0].ads[0].clicked);
  EXPECT_TRUE(events[1].user_keywords->empty());
}

TEST(GroupedText, ReportsWrongLinesByNumber) {
  BadLines bad;
  const auto events = read(
      "#groups hist query target\n"
      "2\tS\tu:s:1\t{}{}{a}\n"
      "1\tX\tu:s:1\t{}{}{a}\n"
      "1\tS\tu:1\t{}{}{a}\n"
      "1\tS\tu:s:one\t{}{}{a}\n"
      "1\tS\tu:s:1\t{}{}{a;b}\n"
      "1\tS\tu:s:1\t{}{a\n"
      "1\tS\tu:s:1\t{}{}{a:-1}\n"
      "1\tS\tu:s:1\t{}{}{a}{b}\n"
      "1\tS\tu:s:1\t{}{;}{a}\n"
      "1 S u:s:1 {}{}{a}\n"
      "1\tS\tu:s:1\t{}{}{good}\n",
      bad);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].sfs[0].text, "good");
  EXPECT_EQ(bad.count(), 10u);
  const std::string report = bad.report("f");
  for (const char* reason :
       {"f:2: label: expected 0 or 1", "f:3: task: expected S or C", "f:4: key: expected user",
        "f:5: key: expected an integer time", "f:6: target: an S line has exactly one SF",
        "f:7: query: the line ends too early", "f:8: target: expected a weight",
        "f:9: more groups than the header names", "f:10: query: an empty feature",
        "f:11: expected label, task"}) {
    EXPECT_THAT(report, HasSubstr(reason));
  }
}

TEST(GroupedText, NeedsAHeaderWithTheRequiredGroups) {
  const std::string path = temporary_path("grouped");
  for (const char* text : {"", "1\tS\tu:s:1\t{}{}{a}\n", "#groups hist target\n"}) {
    std::ofstream(path, std::ios::binary) << text;
    BadLines bad;
    EXPECT_FALSE(read_grouped_text(text_at(path), "", bad, [](const SearchEvent&) {
                   return Status();
                 }).ok());
  }
  std::remove(path.c_str());
}

// Comparing every name with every other one would take minutes.
TEST(GroupedText, FindsAGroupNamedTwiceInALongHeader) {
  const std::string path = temporary_path("grouped");
  std::ofstream out(path, std::ios::binary);
  out << "#groups hist query target";
  for (int i = 0; i < 500'000; ++i) out << " group" << i;
  out << " group499999\n";
  out.close();
  BadLines bad;
  const Status s = read_grouped_text(text_at(path), "", bad, [](const SearchEvent&) {
                     return Status();
                   }).status();
  EXPECT_THAT(s.message(), HasSubstr("\"group499999\" twice"));
  std::remove(path.c_str());
}

// A log becomes a dataset, grouped text, a log and a dataset again, with the same instances, even
// if tokens contain the characters of the notation.
TEST(GroupedText, RoundTripsEveryInstance) {
  const std::string log = temporary_path("log.jsonl"), grouped = temporary_path("grouped"),
                    again = temporary_path("again.jsonl");
  {
    std::ofstream out(log);
    std::string line;
    const std::vector<std::string> words = {"a;b",         "{c}",      "d:e",
                                            "back\\slash", "补水保湿", "two words"};
    for (int i = 0; i < 60; ++i) {
      SearchEvent event;
      event.time = 100 + i;
      event.user = i % 2 ? "u:1" : "u;2";
      event.split = Split::kTrain;
      event.query_keywords = {words[static_cast<size_t>(i) % 6]};
      event.groups = {
          {"tags of all", {"t:" + std::to_string(i % 3), "x\ty", "", "e\n"}, {0.25f, 3, 1, 0.5f}}};
      event.sfs = {{words[static_cast<size_t>(i + 1) % 6], i % 3 == 0},
                   {words[static_cast<size_t>(i + 2) % 6], i % 4 == 0}};
      event.ads = {{"1", "", {words[static_cast<size_t>(i + 3) % 6], "plain"}, i % 5 == 0}};
      line.clear();
      append_event(event, line);
      out << line;
    }
  }
  BadLines bad;
  const auto data = open_dataset_or_log(log, log, {}, bad);
  ASSERT_TRUE(data.ok());
  std::ostringstream text;
  ASSERT_TRUE(write_grouped_text(**data, 200, [&](std::string_view part) {
                text << part;
                return Status();
              }).ok());
  std::ofstream(grouped) << text.str();
  {
    std::ofstream out(again);
    std::string line;
    ASSERT_TRUE(read_grouped_text(text_at(grouped), "", bad, [&](SearchEvent event) {
                  event.split = Split::kTrain;
                  line.clear();
                  append_event(event, line);
                  out << line;
                  return Status();
                }).ok());
  }
  const auto back = open_dataset_or_log(again, again, {}, bad);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(bad.count(), 0u) << bad.report("");
  std::ostringstream second;
  ASSERT_TRUE(write_grouped_text(**back, 200, [&](std::string_view part) {
                second << part;
                return Status();
              }).ok());
  EXPECT_EQ(second.str(), text.str());
  EXPECT_EQ((*back)->instances_of(Split::kTrain, Task::kMain), 120u);
  for (const std::string& path : {log, grouped, again}) std::remove(path.c_str());
}

}  // namespace
}  // namespace barker

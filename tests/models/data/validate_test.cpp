#include "models/data/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

LogReport validated(const std::string& log) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << log;
  const auto report = validate_log({path}, path, {});
  EXPECT_TRUE(report.ok()) << report.status().message();
  std::remove(path.c_str());
  return report.ok() ? *report : LogReport();
}

std::string line(int time, const std::string& rest) {
  return "{\"time\":" + std::to_string(time) + ",\"user\":\"u" + std::to_string(time % 5) + "\"," +
         rest + "}\n";
}

TEST(ValidateLog, FindsNothingWrongWithAGoodLog) {
  std::string log;
  for (int t = 0; t < 200; ++t) {
    log += line(
        t,
        "\"query\":\"shoes\",\"sfs\":[{\"text\":\"a\",\"clicked\":" + std::to_string(t % 3 == 0) +
            "}],\"ads\":[{\"id\":\"1\",\"title\":\"x\",\"clicked\":" + std::to_string(t % 2) +
            "}]");
  }
  const LogReport report = validated(log);
  EXPECT_TRUE(report.usable()) << report.text();
  EXPECT_THAT(report.text(), Not(HasSubstr("WARNING"))) << report.text();
  EXPECT_THAT(report.text(), HasSubstr("training: 160 SF impressions, 33.75% clicked"));
}

TEST(ValidateLog, ReportsRepeatedIdsCutLinesAndWrongOrder) {
  std::string log;
  for (int t = 0; t < 200; ++t) {
    log += line(t, "\"search\":\"same\",\"sfs\":[{\"text\":\"a\",\"clicked\":" +
                       std::to_string(t % 3 == 0) + "},{\"text\":\"a\",\"clicked\":0}]");
  }
  log += line(5, "\"sfs\":[]") + "{\"time\":300,\"us";
  const std::string text = validated(log).text();
  EXPECT_THAT(text, HasSubstr("search ids stand on more than one line, first line 6"));
  EXPECT_THAT(text, HasSubstr("200 SFs are shown twice in one search, first line 1"));
  EXPECT_THAT(text, HasSubstr("the log may be cut off"));
  EXPECT_THAT(text, HasSubstr("line 201 is of 5, after one of 195, so its lines are sorted"));
  EXPECT_THAT(text, HasSubstr("1 lines cannot be used, first line 202: not JSON"));
}

// A log in which nothing is wrong, with `more` in each line.
std::string good_log(int lines, const std::function<std::string(int)>& more) {
  std::string log;
  for (int t = 0; t < lines; ++t) {
    log +=
        line(t, "\"query\":\"q" + std::to_string(t) +
                    "\",\"sfs\":[{\"text\":\"a\",\"clicked\":" + std::to_string(t % 2) +
                    "},{\"text\":\"b\",\"clicked\":" + std::to_string(1 - t % 2) + "}]" + more(t));
  }
  return log;
}

TEST(ValidateLog, NamesUnknownFieldsAndWhatTheyMayMean) {
  const std::string text = validated(good_log(100, [](int t) {
                             return t < 90 ? ""
                                           : ",\"Catgory\":\"c\",\"ads\":[{\"id\":\"1\",\"titel\":"
                                             "\"x\",\"clicked\":0,\"xyzzy\":1}]";
                           })).text();
  EXPECT_THAT(text,
              HasSubstr("WARNING  the field \"Catgory\" is not read: on 10 lines, first line 91; "
                        "did you mean \"category\"?"));
  EXPECT_THAT(text,
              HasSubstr("the field \"ads.titel\" is not read: on 10 lines, first line 91; did "
                        "you mean \"ads.title\"?"));
  EXPECT_THAT(text, HasSubstr("the field \"ads.xyzzy\" is not read: on 10 lines, first line 91\n"));
}

TEST(ValidateLog, NamesTheMisspeltFieldForWhichLinesCannotBeUsed) {
  const std::string text = validated("{\"time\":1,\"usr\":\"u\"}\n").text();
  EXPECT_THAT(text,
              HasSubstr("\"usr\" is not read: on 1 lines, first line 1; did you mean \"user\"?"));
  EXPECT_THAT(text, HasSubstr("user: missing or empty"));
}

TEST(ValidateLog, FindsAUserWithHalfOfTheSearches) {
  std::string log = good_log(100, [](int) { return ""; });
  EXPECT_THAT(validated(log).text(), Not(HasSubstr("of the searches (")));
  for (int i = 0; i < 120; ++i) {
    log += "{\"time\":" + std::to_string(100 + i) +
           ",\"user\":\"robot\",\"sfs\":[{\"text\":\"a\",\"clicked\":0}]}\n";
  }
  EXPECT_THAT(validated(log).text(),
              HasSubstr("WARNING  the user \"robot\" has 54.5% of the searches "
                        "(120 of 220), first line 101"));
}

TEST(ValidateLog, FindsClickedSfsAmongTheGroups) {
  const auto with_tags = [](const std::string& odd, const std::string& even) {
    return validated(good_log(100,
                              [&](int t) {
                                return ",\"groups\":{\"tags\":[\"" + (t % 2 ? odd : even) + "\"]}";
                              }))
        .text();
  };
  EXPECT_THAT(
      with_tags("sf=a", "b"),
      HasSubstr("WARNING  100 clicked SFs (100.0%) stand in groups.tags of their own search, and "
                "0.0% of those not clicked, first line 1: does the log write it"));
  EXPECT_THAT(with_tags("a", "a"),
              HasSubstr("note     50 clicked SFs (50.0%) stand in groups.tags of "
                        "their own search, and 50.0% of those not clicked"));
  EXPECT_THAT(with_tags("x", "y"), Not(HasSubstr("stand in groups")));
}

TEST(ValidateLog, FindsSplitsThatOverlapAndRepeatedSearches) {
  const std::string log = good_log(100, [](int t) {
    return t < 50 || t == 95 ? ",\"split\":\"train\""
           : t < 60          ? ",\"split\":\"validation\""
                             : ",\"split\":\"test\"";
  });
  const std::string text =
      validated(log + line(99,
                           "\"query\":\"q99\",\"sfs\":[{\"text\":\"a\",\"clicked"
                           "\":1},{\"text\":\"b\",\"clicked\":1}]"))
          .text();
  EXPECT_THAT(
      text, HasSubstr("WARNING  the splits of the log overlap: 1 training searches are newer than "
                      "the first test search (line 61, 60), first line 96"));
  EXPECT_THAT(text,
              HasSubstr("1 training searches are newer than the first validation search (line 51"));
  EXPECT_THAT(
      text, HasSubstr("WARNING  1 searches are those of earlier lines: user, time, query and what "
                      "is shown, first line 101, as line 100"));
}

TEST(ValidateLog, NamesTheFileOfALine) {
  const std::string a = temporary_path("a.jsonl"), b = temporary_path("b.jsonl");
  std::ofstream(a) << good_log(100, [](int) { return ""; });
  std::ofstream(b) << line(7, "\"usr\":\"v\"") << "no event\n";
  const auto report = validate_log({a, b}, a, {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_THAT(report->text(), HasSubstr("first line " + b + ":1"));
  EXPECT_THAT(report->text(),
              HasSubstr("1 lines cannot be used, first line " + b + ":2: not JSON"));
}

TEST(ValidateLog, CallsALogOfOneClassUnusable) {
  std::string log;
  for (int t = 0; t < 100; ++t) log += line(t, "\"sfs\":[{\"text\":\"a\",\"clicked\":0}]");
  const LogReport report = validated(log);
  EXPECT_FALSE(report.usable());
  EXPECT_THAT(report.text(), HasSubstr("ERROR    training: 80 SF impressions, all of them not"));
}

TEST(ValidateLog, SaysWhatIsWrongWithALogWithoutEvents) {
  const LogReport empty = validated("");
  EXPECT_FALSE(empty.usable());
  EXPECT_THAT(empty.text(), HasSubstr("found an empty file"));
  const LogReport wrong = validated("no event\n{\n");
  EXPECT_FALSE(wrong.usable());
  EXPECT_THAT(wrong.text(), HasSubstr("2 lines cannot be used, first line 1: "));
  EXPECT_THAT(wrong.text(), HasSubstr("found 2 lines without one"));
}

}  // namespace
}  // namespace barker

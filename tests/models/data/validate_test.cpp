#include "models/data/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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
  EXPECT_THAT(text, HasSubstr("line 201 is of 5, after one of 199, so its lines are sorted"));
  EXPECT_THAT(text, HasSubstr("1 lines cannot be used, first line 202: not JSON"));
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

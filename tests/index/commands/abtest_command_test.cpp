// What `barker abtest` refuses before it reads anything, and that its inputs stay as they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/base/exit_code.h"
#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const std::string kSums = "arm,impressions,clicks\nA,10000,500\nB,10050,600\n";

std::string table_file() {
  std::string path = temporary_path("experiment.csv");
  std::ofstream(path, std::ios::binary) << kSums;
  return path;
}

void expect_refused(const std::string& arguments, const std::string& message) {
  const Outcome refused = run("abtest " + arguments + " 2>&1");
  EXPECT_EQ(refused.code, kExitUsage) << arguments << ": " << refused.out;
  EXPECT_THAT(refused.out, HasSubstr(message)) << arguments;
}

TEST(AbtestCommand, NeverWritesItsPageOverItsInput) {
  const std::string path = table_file(), link = temporary_path("link.csv");
  std::filesystem::create_symlink(path, link);
  expect_refused("--table " + path + " --html " + link, "is the same file as --table");
  expect_refused(path + " --html " + path, "is the same file as LOG");
  expect_refused("--table " + path + " --html -", "--html -");
  EXPECT_EQ(bytes_of(path), kSums);
  std::filesystem::remove(link);
}

TEST(AbtestCommand, RefusesOptionsThatWouldDoNothing) {
  const std::string table = "--table " + table_file();
  EXPECT_EQ(run("abtest " + table + " --plan").code, kExitOk);
  expect_refused(table + " --plan --json", "--json");
  expect_refused(table + " --plan --base .05", "--base");
  expect_refused(table + " --base .05", "--base: needs --plan");
  expect_refused(table + " --segment profile", "--segment");
  expect_refused(table + " --experiment points", "--experiment");
  expect_refused(table + " --aa", "--aa");
  expect_refused(table + " --winsorise .99", "--winsorise");
  expect_refused("log.jsonl --repeated sum", "--repeated");
  expect_refused("--plan --base .05 --shares A=1", "--shares");
}

TEST(AbtestCommand, RefusesSharesThatDoNotSumToOneInPlansToo) {
  const std::string table = "--table " + table_file();
  EXPECT_EQ(run("abtest " + table + " --plan --shares A=.3,B=.7").code, kExitOk);
  expect_refused(table + " --shares A=30,B=70", "must sum to 1, found 100; write 50% as .5");
  expect_refused(table + " --plan --shares A=.3,B=.3", "must sum to 1, found 0.6");
}

TEST(AbtestCommand, SaysWhyALogHasNoArms) {
  const std::string path = table_file();  // which should have been given as --table
  const Outcome refused = run("abtest " + path + " 2>&1");
  EXPECT_EQ(refused.code, kExitBadData);
  EXPECT_THAT(refused.out, HasSubstr("the log has no page with an arm of an experiment; 3 of its 3 "
                                     "lines cannot be used, the first: " +
                                     path + ":1: "));
}

// The names of the arms are whatever the input has.
TEST(AbtestCommand, KeepsNamesOfArmsInTheirCells) {
  const std::string path = temporary_path("names.csv");
  std::ofstream(path, std::ios::binary) << "arm,impressions,clicks\n"
                                           "\"A\nverdict: ship it\",10000,500\n"
                                           "\"B\tx\x1b[2J\",10050,600\n"
                                           "对照组,10020,510\n";
  const Outcome shown = run("abtest --table " + path + " --control 对照组 2>&1");
  ASSERT_EQ(shown.code, kExitOk) << shown.out;
  const std::string first = "A\\nverdict: ship it", second = "B\\tx\\u001b[2J";
  EXPECT_THAT(shown.out, HasSubstr("\n  arm                  impressions"));
  EXPECT_THAT(shown.out, HasSubstr("\n  对照组                    10 020"));
  EXPECT_THAT(shown.out, HasSubstr("\n  " + first + "       10 000"));
  EXPECT_THAT(shown.out, HasSubstr("\n  " + second + "             10 050"));
  EXPECT_THAT(shown.out, HasSubstr("\n" + first + " against 对照组\n"));
  EXPECT_THAT(shown.out, HasSubstr("Arm \"" + second + "\""));
}

}  // namespace
}  // namespace barker

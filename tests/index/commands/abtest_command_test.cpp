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

}  // namespace
}  // namespace barker

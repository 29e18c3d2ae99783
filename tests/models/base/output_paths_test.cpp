#include "models/base/output_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OutputPaths : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(directory_);
    std::ofstream(path("log")) << "text";
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  const std::string directory_ = temporary_path("paths");
};

TEST_F(OutputPaths, KnowAFileByAllItsNames) {
  fs::create_symlink("log", path("symbolic"));
  fs::create_hard_link(path("log"), path("hard"));
  std::ofstream(path("copy")) << "text";
  for (const std::string name : {"log", "./log", "symbolic", "hard"}) {
    const Status status = check_outputs({{"--data", path("log")}}, {{"--out", path(name)}});
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), HasSubstr("is the same file as --data")) << name;
  }
  EXPECT_TRUE(check_outputs({{"--data", path("log")}}, {{"--out", path("copy")}}).ok());
  EXPECT_TRUE(check_outputs({{"--data", path("log")}}, {{"--out", path("new")}}).ok());
}

TEST_F(OutputPaths, MustDifferFromEachOther) {
  EXPECT_FALSE(check_outputs({}, {{"--json", path("new")}, {"--html", path("./new")}}).ok());
  EXPECT_TRUE(check_outputs({}, {{"--json", path("new")}, {"--html", path("newer")}}).ok());
  EXPECT_TRUE(check_outputs({}, {{"--json", ""}, {"--html", ""}}).ok());
}

TEST_F(OutputPaths, AreTriedWithoutATrace) {
  EXPECT_THAT(check_outputs({}, {{"--out", path("no/such")}}).message(), HasSubstr("no/such"));
  EXPECT_FALSE(check_outputs({}, {{"--out", directory_}}).ok());
  EXPECT_TRUE(check_outputs({}, {{"--out", path("log")}}).ok());
  EXPECT_TRUE(check_outputs({}, {{"--out", path("new")}}).ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::file_size(path("log")), 4u);
}

TEST_F(OutputPaths, AreDevicesOnlyWhereTheCommandCanWriteToThem) {
  constexpr auto kStream = OutputPath::Kind::kFileOrStream;
  EXPECT_TRUE(check_outputs({{"--data", "/dev/null"}}, {{"--out", "/dev/null", kStream}}).ok());
  EXPECT_THAT(check_outputs({}, {{"--out", "/dev/null"}}).message(), HasSubstr("no regular file"));
}

TEST_F(OutputPaths, InADirectoryAreNotThoseOfTheOther) {
  const std::string out = path("out"), link = path("link");
  fs::create_directories(out);
  fs::create_symlink(directory_, link);
  EXPECT_TRUE(check_output_directory(directory_, out).ok());
  EXPECT_TRUE(check_output_directory(directory_, path("none")).ok());
  EXPECT_FALSE(check_output_directory(directory_, link).ok());
  fs::create_hard_link(path("log"), out + "/events.jsonl");
  EXPECT_THAT(check_output_directory(directory_, out).message(), HasSubstr("out/events.jsonl"));
}

}  // namespace
}  // namespace barker

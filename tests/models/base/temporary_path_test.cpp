#include "tests/models/base/temporary_path.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace barker {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryPath, IsNewWithEachCall) {
  const std::string first = temporary_path("file");
  EXPECT_NE(temporary_path("file"), first);
  EXPECT_FALSE(fs::exists(first));
}

TEST(TemporaryPath, IsOutsideOfWhatEarlierProcessesOfTheSameNumberLeft) {
  // The name of the directory is drawn by the system, so that it cannot be made of the number
  // alone.
  const std::string directory = fs::path(temporary_path("file")).parent_path().filename();
  EXPECT_EQ(directory.find(std::to_string(getpid())), std::string::npos) << directory;
  EXPECT_EQ(directory.size(), std::string("barker-XXXXXX").size());
}

TEST(TemporaryPath, SurvivesAForkedChildThatExits) {
  const std::string path = temporary_path("kept");
  std::ofstream(path) << "kept";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) std::exit(0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(fs::exists(path));
}

}  // namespace
}  // namespace barker

#include "models/base/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OutputFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }
  static void put(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  const std::string directory_ = temporary_path("output");
};

TEST_F(OutputFiles, AppearWhenTheyAreClosedAndNotBefore) {
  const std::string much(1 << 20, 'x');
  put(path("log"), "old");
  OutputFile file(path("log"));
  file.write(much);
  file.write("end");
  EXPECT_EQ(bytes_of(path("log")), "old");
  ASSERT_TRUE(file.close().ok());
  EXPECT_EQ(bytes_of(path("log")), much + "end");
}

TEST_F(OutputFiles, LeaveTheOldFileWhereTheyAreNotClosed) {
  put(path("log"), "old");
  OutputFile(path("log")).write("new");
  EXPECT_EQ(bytes_of(path("log")), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFiles, WriteToPipesDirectly) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  OutputFile file(path("pipe"));
  file.write("through");
  ASSERT_TRUE(file.close().ok());
  char text[16];
  const ssize_t got = read(reader, text, sizeof text);
  close(reader);
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(text, static_cast<size_t>(got)), "through");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(OutputFiles, ReportThatADeviceIsFull) {
  OutputFile file("/dev/full");
  file.write("something");
  EXPECT_THAT(file.close().message(), HasSubstr("/dev/full: cannot be written: No space left"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFiles, KeepASymbolicLinkAndReplaceItsTarget) {
  put(path("target"), "old");
  fs::create_symlink("target", path("link"));
  OutputFile file(path("link"));
  file.write("new");
  ASSERT_TRUE(file.close().ok());
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(bytes_of(path("target")), "new");
}

TEST_F(OutputFiles, KnowAtOnceThatTheyCannotBeWritten) {
  EXPECT_THAT(OutputFile(directory_).status().message(), HasSubstr("directory"));
  EXPECT_THAT(OutputFile(path("no/such")).status().message(), HasSubstr("No such file"));
  EXPECT_EQ(files(), 0u);
}

TEST(AtomicFile, RefusesToReplaceAPipeADeviceOrADirectory) {
  const std::string directory = temporary_path("atomic"), pipe = directory + "/pipe";
  fs::create_directories(directory);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {pipe, std::string("-"), std::string("/dev/stdout"),
                                  std::string("/dev/null"), std::string("/dev/fd/1")}) {
    EXPECT_THAT(AtomicFile::create(path).status().message(),
                HasSubstr(path + ": is no regular file"));
  }
  EXPECT_THAT(AtomicFile::create(directory).status().message(), HasSubstr("Is a directory"));
  EXPECT_TRUE(fs::is_fifo(pipe));
  fs::remove_all(directory);
}

}  // namespace
}  // namespace barker

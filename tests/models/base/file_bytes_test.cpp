#include "models/base/file_bytes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string file_with(const std::string& content) {
  const std::string path = temporary_path("bytes");
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string text_of(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(FileBytes, AreACopyUnlessAMappingIsAskedFor) {
  const std::string path = file_with("some bytes");
  for (const Storage storage : {Storage::kAuto, Storage::kCopied, Storage::kMapped}) {
    const auto file = FileBytes::open(path, storage);
    ASSERT_TRUE(file.ok()) << file.status().message();
    EXPECT_EQ(file->is_copied(), storage != Storage::kMapped);
    EXPECT_EQ(text_of(*file), "some bytes");
  }
}

// However the file was protected: permissions do not stop root.
TEST(FileBytes, AreCopiedWhateverThePermissionsOfTheFile) {
  const std::string path = file_with("some bytes");
  for (const fs::perms mode : {fs::perms::owner_read, fs::perms::all}) {
    fs::permissions(path, mode);
    EXPECT_TRUE(FileBytes::open(path, Storage::kAuto)->is_copied());
  }
}

TEST(FileBytes, OfACopyStayWhenTheFileIsTruncatedOrOverwritten) {
  const std::string content(5 << 20, 'a');  // of more than one huge page
  const std::string path = file_with(content);
  const auto file = FileBytes::open(path, Storage::kAuto);
  ASSERT_TRUE(file.ok());
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "other";
  EXPECT_EQ(text_of(*file), content);
  fs::resize_file(path, 0);
  EXPECT_EQ(text_of(*file), content);
  std::ofstream(path, std::ios::binary) << std::string(7 << 20, 'b');
  EXPECT_EQ(text_of(*file), content);
}

TEST(FileBytes, OfACopyCannotBeWrittenTo) {
  const auto file = FileBytes::open(file_with("some bytes"), Storage::kAuto);
  ASSERT_TRUE(file.ok());
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would report it otherwise
    *const_cast<volatile std::byte*>(file->bytes().data()) = std::byte{1};
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << status;
}

TEST(FileBytes, OfALargeCopyBeginAtAHugePage) {
  const auto file = FileBytes::open(file_with(std::string(3 << 20, 'x')), Storage::kCopied);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file->bytes().data()) % (2 << 20), 0u);
  EXPECT_EQ(text_of(*file), std::string(3 << 20, 'x'));
}

// Nobody can write to it or truncate it, root included.
TEST(FileBytes, OfASealedFileInMemoryAreMapped) {
  const int memory = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) GTEST_SKIP() << "this machine has no memfd_create";
  ASSERT_EQ(write(memory, "sealed", 6), 6);
  const std::string path = "/proc/self/fd/" + std::to_string(memory);
  EXPECT_TRUE(FileBytes::open(path, Storage::kAuto)->is_copied()) << "it is not sealed yet";
  ASSERT_EQ(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_TRUE(FileBytes::open(path, Storage::kAuto)->is_copied()) << "it can still be written to";
  ASSERT_EQ(fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE), 0);
  const auto file = FileBytes::open(path, Storage::kAuto);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_FALSE(file->is_copied());
  EXPECT_EQ(text_of(*file), "sealed");
  close(memory);
}

TEST(FileBytes, AreRefusedBeyondTheLimitAndFineWhereTheFileIsEmpty) {
  EXPECT_TRUE(FileBytes::open(file_with(""), Storage::kAuto)->bytes().empty());
  EXPECT_TRUE(FileBytes::open(file_with("1234"), Storage::kAuto, 4).ok());
  const Status refused = FileBytes::open(file_with("12345"), Storage::kAuto, 4).status();
  EXPECT_THAT(refused.message(), HasSubstr("expected at most 4 bytes, found 5"));
}

TEST(FileBytes, AreRefusedWhereThePathIsNoRegularFile) {
  EXPECT_EQ(FileBytes::open("/nowhere/at/all", Storage::kAuto).status().code(), Code::kNotFound);
  EXPECT_FALSE(FileBytes::open("/tmp", Storage::kAuto).ok());
  EXPECT_FALSE(FileBytes::open("/dev/zero", Storage::kAuto).ok());
}

// How many descriptors of this process have the file open.
size_t openings_of(const std::string& path) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    count += fs::read_symlink(entry.path(), error) == path;
  }
  return count;
}

// The opener is held up by a lock, between learning the size of the file and reading it, while the
// file changes. If the opener is slower than this test expects, it sees the changed file from the
// start, which is right as well; then the test tries again.
TEST(FileBytes, AreRefusedWhereTheSystemWouldReadThePathInPartOnly) {
  const std::string path = file_with("some bytes") + std::string(1, '\0') + "/another";
  const Status refused = FileBytes::open(path, Storage::kCopied).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("without NUL, found one at byte"));
}

TEST(FileBytes, AreRefusedWhereTheFileChangesWhileItIsRead) {
  for (const bool shorter : {true, false}) {
    Status refused;
    for (int attempt = 0; attempt < 100 && refused.ok(); ++attempt) {
      const std::string path = file_with("0123456789");
      const int writer = open(path.c_str(), O_RDWR | O_CLOEXEC);
      ASSERT_EQ(flock(writer, LOCK_EX), 0);
      std::thread opener([&] { refused = FileBytes::open(path, Storage::kAuto).status(); });
      while (openings_of(path) < 2) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (shorter) {
        ASSERT_EQ(ftruncate(writer, 4), 0);
      } else {
        ASSERT_EQ(pwrite(writer, "abcdefghijk", 11, 0), 11);
      }
      flock(writer, LOCK_UN);
      opener.join();
      close(writer);
      fs::remove(path);
    }
    EXPECT_EQ(refused.code(), Code::kBadData);
    EXPECT_THAT(refused.message(), HasSubstr("while it was read"));
  }
}

}  // namespace
}  // namespace barker

// What is read of a weight file that changes while it is read, or after.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

std::string frozen(uint64_t seed) {
  const std::string path = temporary_path("stored.barker");
  EXPECT_TRUE(write_weight_file(random_model(seed), path).ok());
  return path;
}

TEST(WeightFileStorage, IsACopyThatSurvivesTruncationAndOverwriting) {
  const std::string path = frozen(31);
  const auto file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_TRUE((*file)->is_copied());
  const std::vector<std::byte> before((*file)->bytes().begin(), (*file)->bytes().end());
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << std::string(5000, 'x');
  EXPECT_TRUE(std::ranges::equal((*file)->bytes(), before));
  std::filesystem::resize_file(path, 0);
  EXPECT_TRUE(std::ranges::equal((*file)->bytes(), before));
  EXPECT_EQ((*file)->vocabulary().text(3), "word3");
}

TEST(WeightFileStorage, IsAMappingWhereOneIsAskedFor) {
  const auto file = WeightFile::open(frozen(32), {.storage = Storage::kMapped});
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_FALSE((*file)->is_copied());
}

// The file is overwritten again and again, as `cp` does it, while it is opened. What is opened is
// one of the two models as a whole, or nothing.
TEST(WeightFileStorage, IsNeverAMixtureOfWhatTheFileWasAndBecame) {
  const std::string path = frozen(38);
  const std::string contents[] = {bytes_of(frozen(38)), bytes_of(frozen(39))};
  ASSERT_NE(contents[0], contents[1]);
  std::atomic<bool> done = false;
  std::thread copier([&] {
    for (size_t i = 0; !done; ++i) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << contents[i % 2];
      std::this_thread::yield();
    }
  });
  int opened = 0, refused = 0;
  for (int i = 0; (i < 2000 || opened < 5) && i < 100'000; ++i) {
    const auto file = WeightFile::open(path);
    refused += !file.ok();
    if (!file.ok()) continue;
    ++opened;
    const auto* bytes = reinterpret_cast<const char*>((*file)->bytes().data());
    const std::string_view found(bytes, (*file)->bytes().size());
    EXPECT_TRUE(found == contents[0] || found == contents[1]) << "opening " << i;
  }
  done = true;
  copier.join();
  EXPECT_GE(opened, 5);
  std::printf("%d opened, %d refused\n", opened, refused);
}

// A pruner locks a file for a moment, to learn whether it is in use.
TEST(WeightFileStorage, WaitsForALockThatIsHeldForAMoment) {
  const std::string path = frozen(37);
  const int pruner = open(path.c_str(), O_RDONLY);
  ASSERT_EQ(flock(pruner, LOCK_EX), 0);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    flock(pruner, LOCK_UN);
  });
  const auto file = WeightFile::open(path);
  later.join();
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_NE(flock(pruner, LOCK_EX | LOCK_NB), 0) << "it is open without a lock";
  EXPECT_EQ(errno, EWOULDBLOCK);
  close(pruner);
}

}  // namespace
}  // namespace barker

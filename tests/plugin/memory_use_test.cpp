// How much memory a plugin takes at most.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/plugin/faults_fixture.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

// A check takes the copy of the file, and beside it nothing that grows with the file.
// BARKER_LARGE_FILE_ROWS: how many rows of 64 floats; four million make a gigabyte.
TEST_F(Faults, OfMemoryComeOnlyFromTheCopyOfAFile) {
  NEEDS_FAILING_NEW;
  constexpr rlim_t kRoom = 8 << 20;  // bytes of private memory beyond process and copy
  const char* given = std::getenv("BARKER_LARGE_FILE_ROWS");
  const auto rows = static_cast<uint32_t>(given ? std::atoi(given) : 200'000);
  const std::string file = directory_ + "/large.barker";
  ASSERT_TRUE(write_weight_file(random_model(5, {.keywords = rows, .dim = 64}), file).ok());
  const auto size = fs::file_size(file);
  ASSERT_GT(size, 4 * kRoom);
  const auto& verify = *static_cast<const barker_verify*>(api().get_extension(BARKER_EXT_VERIFY));
  const pid_t child = fork();
  if (child == 0) {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages[6] = {};
    for (rlim_t& number : pages) statm >> number;
    const rlim_t limit = pages[5] * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + size + kRoom;
    const rlimit data = {limit, limit};
    if (setrlimit(RLIMIT_DATA, &data) != 0) _exit(3);
    char error[BARKER_ERROR_SIZE] = "";
    const int32_t code = verify.verify(view(file), {nullptr, 0}, nullptr, nullptr, error);
    if (code != BARKER_OK) std::fprintf(stderr, "%s\n", error);
    _exit(code == BARKER_OK ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << size << " bytes";
  std::printf("%ju bytes verified within %ju bytes of memory beside the copy\n",
              static_cast<uintmax_t>(size), static_cast<uintmax_t>(kRoom));
}

// A thread's first query allocates its scratch memory: as much as the query needs, however many
// keywords the model knows.
TEST_F(Faults, OfMemoryDoNotComeFromTheKeywordsOfAModel) {
  NEEDS_FAILING_NEW;
  const auto bytes_of_first_query = [&](uint32_t keywords) {
    const std::string file = directory_ + "/keywords.barker";
    EXPECT_TRUE(write_weight_file(random_model(5, {.keywords = keywords, .dim = 8}), file).ok());
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
    const uint64_t before = failing_memory().allocated_bytes;
    EXPECT_TRUE(asker_.ask(plugin));
    const uint64_t bytes = failing_memory().allocated_bytes - before;
    api().destroy(plugin);
    return bytes;
  };
  bytes_of_first_query(1000);  // what a thread keeps for all plugins is there from here on
  const uint64_t few = bytes_of_first_query(1000), many = bytes_of_first_query(300'000);
  std::printf("%ju bytes with 1,000 keywords, %ju with 300,000\n", static_cast<uintmax_t>(few),
              static_cast<uintmax_t>(many));
  EXPECT_GT(few, 1000u);
  EXPECT_LE(many, few + few / 20);
}

}  // namespace
}  // namespace barker

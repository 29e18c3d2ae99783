// Weight files that somebody truncates or overwrites, as `cp` does, while they are loaded or serve.
// Nothing stops a user from doing that to a file of their own, or root from doing it to any file,
// so each test runs as root and as another user. What serves must go on with the answers it had.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

constexpr uid_t kRoot = 0, kNobody = 65534;

void truncate_file(const std::string& path, const std::string&) {
  std::filesystem::resize_file(path, 0);
}

// `cat OTHER > PATH`, and `cp OTHER PATH` where both files exist.
void copy_over(const std::string& path, const std::string& other) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << other;
}

// The file keeps its size, so that no access fails and only the numbers change.
void scribble(const std::string& path, const std::string&) {
  const auto size = static_cast<size_t>(std::filesystem::file_size(path));
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << std::string(size, '\x3F');
}

using Damage = void (*)(const std::string& path, const std::string& other);

class Overwriting : public testing::TestWithParam<uid_t> {
 protected:
  void SetUp() override {
    if (geteuid() != kRoot && GetParam() == kRoot) GTEST_SKIP() << "this needs root";
    api();  // loads the plugin, which another user might not be able to read
    const std::string other_path = temporary_path("other.barker");
    ASSERT_TRUE(write_weight_file(model(2), other_path).ok());
    other_ = bytes_of(other_path);
    std::filesystem::remove(other_path);
    write_live_file();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static ModelSpec model(uint64_t seed) {
    return random_model(seed, {.keywords = 2000, .dim = 32});
  }

  // A file that belongs to the user of this test.
  void write_live_file() const {
    ASSERT_TRUE(write_weight_file(model(1), path_).ok());
    ASSERT_EQ(chown(path_.c_str(), user(), static_cast<gid_t>(-1)), 0);
  }

  // Without root, the tests of another user run as the one that there is.
  static uid_t user() { return geteuid() == kRoot ? GetParam() : geteuid(); }

  // Runs `body` in a process of this test's user. Returns what waitpid() says of it.
  int run_as_user(const std::function<int()>& body) const {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGBUS, SIG_DFL);  // a sanitizer would report it otherwise
      const uid_t me = user();
      if (me != geteuid() && (setgroups(0, nullptr) != 0 || setgid(me) != 0 || setuid(me) != 0)) {
        _exit(99);
      }
      _exit(body());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  // 0 where the answer after the damage is the answer before it.
  int serve_through(const std::string& config, Damage damage) const {
    barker_plugin* plugin = make_plugin(config);
    char error[BARKER_ERROR_SIZE] = "";
    if (api().load_weights(plugin, view(path_), nullptr, error) != BARKER_OK) {
      std::fprintf(stderr, "%s\n", error);
      return 2;
    }
    Asker asker(3, "", 10, 2000);
    if (!asker.ask(plugin)) return 3;
    const std::string before = asker.answer();
    damage(path_, other_);
    const bool same = asker.ask(plugin) && asker.answer() == before;
    api().destroy(plugin);
    return same ? 0 : 1;
  }

  const std::string path_ = temporary_path("live.barker");
  std::string other_;  // the bytes of another model's file
};

TEST_P(Overwriting, AFileThatServesChangesNoAnswer) {
  for (const Damage damage : {truncate_file, copy_over, scribble}) {
    const int status = run_as_user([&] { return serve_through("", damage); });
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    write_live_file();  // another one, for the next damage
  }
}

// This is the limit that the configuration states, and the proof that the test above can fail.
TEST_P(Overwriting, AMappedFileByTruncationEndsTheProcess) {
  const int status =
      run_as_user([&] { return serve_through("memory = \"mapped\"\n", truncate_file); });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) << status;
}

// The copier never closes the file: some file systems would sync it each time.
void copy_again_and_again(const std::string& path, const std::string (&contents)[2],
                          const std::atomic<bool>& done) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  for (size_t i = 0; !done; ++i) {
    const std::string& content = contents[i % 2];
    if (ftruncate(file, 0) != 0) break;
    if (pwrite(file, content.data(), content.size(), 0) < 0) break;
    std::this_thread::yield();
  }
  close(file);
}

TEST_P(Overwriting, AFileWhileItIsLoadedGivesOneOfTheTwoModelsOrARefusal) {
  const std::string contents[2] = {bytes_of(path_), other_};
  const auto load_while_copied = [&] {
    Asker asker(3, "", 10, 2000);
    barker_plugin* plugin = make_plugin();
    std::set<std::string> whole;
    for (const std::string& content : contents) {
      copy_over(path_, content);
      if (api().load_weights(plugin, view(path_), nullptr, nullptr) != BARKER_OK) return 2;
      if (!asker.ask(plugin)) return 3;
      whole.insert(asker.answer());
    }
    if (whole.size() != 2) return 4;
    std::atomic<bool> done = false;
    std::thread copier([&] { copy_again_and_again(path_, contents, done); });
    int loaded = 0, code = 0;
    for (int i = 0; (i < 500 || loaded < 3) && i < 50'000 && code == 0; ++i) {
      loaded += api().load_weights(plugin, view(path_), nullptr, nullptr) == BARKER_OK;
      if (!asker.ask(plugin) || !whole.contains(asker.answer())) code = 1;
    }
    done = true;
    copier.join();
    api().destroy(plugin);
    return code != 0 ? code : loaded < 3 ? 5 : 0;
  };
  const int status = run_as_user(load_while_copied);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(AsUser, Overwriting, testing::Values(kRoot, kNobody),
                         [](const auto& user) { return user.param == kRoot ? "Root" : "Nobody"; });

}  // namespace
}  // namespace barker

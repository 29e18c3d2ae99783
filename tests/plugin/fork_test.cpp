// A child of fork has the plugin of its parent, but only one of its threads.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

// Runs `body` in a child of fork; gives what it returned, or -1 if it died or never came back.
int in_child(const std::function<int()>& body) {
  constexpr unsigned kPatience = 60;  // seconds, after which a child that hangs is killed
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatience);
    _exit(body());
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST_F(Plugin, LoadsAndAnswersInAChildOfFork) {
  const std::string path = weights(1);
  load(path);
  EXPECT_EQ(in_child([&] {
              if (api().load_weights(plugin_, view(path), nullptr, nullptr) != BARKER_OK) return 1;
              if (api().rollback(plugin_, nullptr, nullptr) != BARKER_OK) return 2;
              return Asker(1).ask(plugin_) ? 0 : 3;
            }),
            0);
}

// A thread of the parent that stays inside of a control call until it is told to leave.
class InsideOfAControlCall {
 public:
  InsideOfAControlCall() : path_(weights(2)) {
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, this,
                              [](void* self, int32_t, barker_string) {
                                static_cast<InsideOfAControlCall*>(self)->wait();
                              }};
    EXPECT_EQ(api().create(&host, {nullptr, 0}, &plugin, nullptr), BARKER_OK);
    thread_ = std::thread([this] { load(); });
    while (!is_inside_) std::this_thread::yield();
  }
  ~InsideOfAControlCall() {
    leave();
    api().destroy(plugin);
  }
  void leave() {
    may_leave_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int32_t load() { return api().load_weights(plugin, view(path_), nullptr, error); }

  barker_plugin* plugin = nullptr;
  char error[BARKER_ERROR_SIZE] = "";

 private:
  void wait() {
    is_inside_ = true;
    while (!may_leave_) std::this_thread::yield();
  }
  const std::string path_;
  std::atomic<bool> is_inside_{false}, may_leave_{false};
  std::thread thread_;
};

TEST(Fork, RefusesControlCallsWhereAThreadOfTheParentWasInsideOfOne) {
  InsideOfAControlCall parent;
  EXPECT_EQ(in_child([&] {
              if (parent.load() != BARKER_E_REENTRANT) return 1;
              if (!std::string_view(parent.error).ends_with("it will never return here")) return 2;
              if (!Asker(1).ask(parent.plugin)) return 3;
              barker_stats stats{};
              stats.struct_size = sizeof stats;
              if (api().stats(parent.plugin, &stats) != BARKER_OK) return 4;
              api().destroy(parent.plugin);  // does nothing, and does not hang
              return Asker(1).ask(parent.plugin) ? 0 : 5;
            }),
            0);
  parent.leave();
  EXPECT_EQ(parent.load(), BARKER_OK) << "the parent is as it was";
}

// Sanitizers' allocators may be locked by another thread at the fork; malloc of glibc never is.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSurvivesForksOfThreads = false;
#else
constexpr bool kSurvivesForksOfThreads = true;
#endif

TEST_F(Plugin, LoadsInAChildThatWasForkedWhileQueriesAndComparisonsRan) {
  if (!kSurvivesForksOfThreads) GTEST_SKIP() << "not with a sanitizer's allocator";
  const std::string path = weights(3);
  make("[canary]\ncompared = 1.0\n");
  load(path);
  const auto* canary = static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  ASSERT_EQ(canary->start(plugin_, view(weights(4)), nullptr, error_), BARKER_OK) << error_;
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (Asker asker(t, "", 50); !stop;) answered += asker.ask(plugin_) ? 1 : 0;
    });
  }
  threads.emplace_back([&] {
    while (!stop) canary->compare(plugin_, 8, nullptr, nullptr);
  });
  while (answered < 10) std::this_thread::yield();
  constexpr int kForks = 30;
  for (int i = 0; i < kForks; ++i) {
    ASSERT_EQ(in_child([&] {
                if (api().load_weights(plugin_, view(path), nullptr, nullptr) != BARKER_OK)
                  return 1;
                if (api().load_weights(plugin_, view(path), nullptr, nullptr) != BARKER_OK)
                  return 2;
                if (!Asker(1).ask(plugin_)) return 3;
                // Whether a comparison ran at the fork is a matter of chance, that this one comes
                // back is not.
                const int32_t code = canary->compare(plugin_, 1, nullptr, nullptr);
                if (code != BARKER_OK && code != BARKER_E_REENTRANT) return 4;
                api().destroy(plugin_);  // frees nothing that another thread was changing
                return 0;
              }),
              0)
        << "fork " << i;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace barker

#include "plugin/call_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace barker {
namespace {

using Entry = CallLock::Entry;

TEST(CallLock, RefusesTheThreadThatHoldsIt) {
  CallLock lock;
  ASSERT_EQ(lock.enter(), Entry::kEntered);
  EXPECT_EQ(lock.enter(), Entry::kInside);
  lock.leave();
  EXPECT_EQ(lock.enter(), Entry::kEntered);
  lock.leave();
}

TEST(CallLock, LetsOneThreadInAtATime) {
  CallLock lock;
  int inside = 0, most = 0, entered = 0;  // guarded by the lock
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        ASSERT_EQ(lock.enter(), Entry::kEntered);
        most = std::max(most, ++inside);
        ++entered;
        --inside;
        lock.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(entered, 8000);
}

TEST(CallLock, RefusesAChildWhoseParentHeldItOnAnotherThread) {
  CallLock lock;
  std::atomic<bool> held{false}, done{false};
  std::thread holder([&] {
    ASSERT_EQ(lock.enter(), Entry::kEntered);
    held = true;
    while (!done) std::this_thread::yield();
    lock.leave();
  });
  while (!held) std::this_thread::yield();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a lock that waits must not leave a process behind
    _exit(lock.enter() == Entry::kOrphaned ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  done = true;
  holder.join();
  EXPECT_EQ(lock.enter(), Entry::kEntered);
  lock.leave();
}

TEST(CallLock, IsFreeInAChildWhereItWasFree) {
  CallLock lock;
  const pid_t child = fork();
  if (child == 0) _exit(lock.enter() == Entry::kEntered ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace barker

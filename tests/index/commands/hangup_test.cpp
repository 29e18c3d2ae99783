#include "index/commands/hangup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <semaphore>

namespace barker {
namespace {

constexpr std::chrono::seconds kPatience{60};

TEST(HangupListener, CallsForASignalThatCameBeforeItAndForEachLaterOne) {
  block_hangup();
  std::counting_semaphore<> calls{0};
  kill(getpid(), SIGHUP);
  HangupListener listener([&] { calls.release(); });
  EXPECT_TRUE(calls.try_acquire_for(kPatience));
  kill(getpid(), SIGHUP);
  EXPECT_TRUE(calls.try_acquire_for(kPatience));
}

// The callback's object dies right after the listener, while signals keep coming.
TEST(HangupListener, CallsNobodyOnceItIsDestroyed) {
  block_hangup();
  for (int i = 0; i < 200; ++i) {
    auto engine = std::make_unique<int>(i);
    {
      const HangupListener listener([&engine, i] { EXPECT_EQ(*engine, i); });
      kill(getpid(), SIGHUP);
    }
    engine.reset();
    kill(getpid(), SIGHUP);
  }
}

}  // namespace
}  // namespace barker

#include "index/commands/ordered_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

namespace barker {
namespace {

using ::testing::ElementsAre;

TEST(OrderedOutput, WritesAnswersInTheOrderOfTheirTicketsWhateverThreadIsFirst) {
  constexpr uint64_t kAnswers = 2000;
  std::vector<std::string> written;
  OrderedOutput output(5, [&](const std::string& answer) { written.push_back(answer); });
  std::atomic<uint64_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 8; ++seed) {
      threads.emplace_back([&, seed] {
        std::mt19937 random(seed);
        for (uint64_t ticket; (ticket = next++) < kAnswers;) {
          if (random() % 4 == 0) std::this_thread::yield();
          EXPECT_TRUE(output.put(ticket, std::to_string(ticket)));
        }
      });
    }
  }
  ASSERT_EQ(written.size(), kAnswers);
  for (uint64_t i = 0; i < kAnswers; ++i) EXPECT_EQ(written[i], std::to_string(i));
}

TEST(OrderedOutput, HoldsBackAThreadThatIsTooFarAhead) {
  std::vector<std::string> written;
  OrderedOutput output(2, [&](const std::string& answer) { written.push_back(answer); });
  EXPECT_TRUE(output.put(1, "1"));
  std::atomic<bool> put = false;
  std::jthread ahead([&] {
    EXPECT_TRUE(output.put(2, "2"));
    put = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(put) << "two answers wait, and there is room for two";
  EXPECT_TRUE(output.put(0, "0"));
  ahead.join();
  EXPECT_THAT(written, ElementsAre("0", "1", "2"));
}

TEST(OrderedOutput, StopsBeforeTheEarliestFailure) {
  std::vector<std::string> written;
  OrderedOutput output(4, [&](const std::string& answer) { written.push_back(answer); });
  EXPECT_TRUE(output.put(3, "3"));
  std::jthread ahead([&] { EXPECT_FALSE(output.put(9, "9")) << "nobody waits after a failure"; });
  output.stop_before(5);
  output.stop_before(2);
  output.stop_before(7);
  EXPECT_TRUE(output.put(0, "0"));
  EXPECT_TRUE(output.put(1, "1"));
  EXPECT_FALSE(output.put(2, "2"));
  EXPECT_THAT(written, ElementsAre("0", "1"));
}

}  // namespace
}  // namespace barker

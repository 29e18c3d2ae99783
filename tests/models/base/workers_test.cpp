#include "models/base/workers.h"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace barker {
namespace {

TEST(Workers, EachDoTheirPartOfEveryRoundOnOneThread) {
  Workers workers(3);
  ASSERT_EQ(workers.count(), 3u);
  std::array<std::thread::id, 3> first;
  workers.run([&](size_t number) { first[number] = std::this_thread::get_id(); });
  EXPECT_EQ(first[0], std::this_thread::get_id());
  EXPECT_EQ(std::set<std::thread::id>(first.begin(), first.end()).size(), 3u);
  std::array<int, 3> rounds = {};
  for (int round = 0; round < 1000; ++round) {
    workers.run([&](size_t number) {
      EXPECT_EQ(first[number], std::this_thread::get_id());
      ++rounds[number];
    });
    ASSERT_THAT(rounds, testing::Each(round + 1));  // all are done when run() returns
  }
}

TEST(Workers, ThrowWhatTheFirstOfThemThrewAndGoOn) {
  Workers workers(4);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> done = 0;
    try {
      workers.run([&](size_t number) {
        ++done;
        if (number == 1 || number == 3) throw std::runtime_error(std::to_string(number));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "1");
    }
    EXPECT_EQ(done, 4);
  }
  std::atomic<int> done = 0;
  workers.run([&](size_t) { ++done; });
  EXPECT_EQ(done, 4);
}

}  // namespace
}  // namespace barker

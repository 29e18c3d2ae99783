#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "models/text/keywords.h"

namespace barker {
namespace {

TEST(KeywordSplitter, SplitsOnManyThreadsAtOnce) {
  const KeywordSplitter splitter({"free shipping"});
  // ICU loads its dictionaries once, behind locks that ThreadSanitizer cannot see. Loading them
  // before the threads start tells it the order.
  splitter.split("补水保湿面膜");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        EXPECT_EQ(splitter.split("free shipping 补水保湿面膜 shoes").front().text, "free shipping");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace barker

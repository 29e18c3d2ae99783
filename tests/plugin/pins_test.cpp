// What keeps generations alive and hands out scratch memory, inside: pins, the list under them, and
// the table that numbers a query's rows.
#include "plugin/pins.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

#include "plugin/slot_table.h"

namespace barker {
namespace {

TEST(Pins, AreAsManyAsAreHeldAtOnce) {
  const Serving serving{};
  const std::atomic<const Serving*> current{&serving};
  Pins pins;
  std::deque<Pins::Pin> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(pins.take(current));
    ASSERT_TRUE(held.back()) << i;
    EXPECT_EQ(&*held.back(), &serving);
  }
  held.clear();
  pins.wait_until_unused(&serving);
}

// What serves is marked when it is freed; readers must never see a mark. Also run under TSan.
TEST(Pins, KeepWhatServesAliveWhileItIsSwapped) {
  struct Marked : Serving {
    std::atomic<bool> is_freed{false};
  };
  std::vector<std::unique_ptr<Marked>> all;
  all.push_back(std::make_unique<Marked>());
  std::atomic<const Serving*> current{all.back().get()};
  Pins pins;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> taken{0}, seen_freed{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const Pins::Pin pin = pins.take(current), second = pins.take(current);
        const auto& marked = static_cast<const Marked&>(*pin);
        std::this_thread::yield();
        seen_freed += marked.is_freed;
        ++taken;
      }
    });
  }
  for (int i = 0; i < 500 || taken < 1000; ++i) {
    all.push_back(std::make_unique<Marked>());
    Marked* const before = all[all.size() - 2].get();
    current = all.back().get();
    pins.wait_until_unused(before);
    before->is_freed = true;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(seen_freed, 0u);
}

TEST(Pins, OfThreadsThatAForkLeftBehindAreNotWaitedFor) {
  const Serving serving{};
  const std::atomic<const Serving*> current{&serving};
  Pins pins;
  std::atomic<bool> is_taken{false}, stop{false};
  std::thread other([&] {
    const Pins::Pin pin = pins.take(current);
    is_taken = true;
    while (!stop) std::this_thread::yield();
  });
  while (!is_taken) std::this_thread::yield();
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // ends a child that waits
    pins.wait_until_unused(&serving);
    {
      const Pins::Pin own = pins.take(current);
      if (!own) _exit(1);
    }
    pins.wait_until_unused(&serving);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  stop = true;
  other.join();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SlotTable, NumbersDistinctRowsInTheOrderInWhichTheyCome) {
  std::mt19937 random(1);
  SlotTable table;
  for (const size_t count : {0, 1, 2, 3, 700, 5, 40'000, 10}) {
    table.clear(count);
    std::unordered_map<uint32_t, uint32_t> expected;
    while (expected.size() < count) {
      // Rows that are near to each other and rows that are a power of two apart.
      const uint32_t row = random() % 2 ? static_cast<uint32_t>(random() % (2 * count))
                                        : static_cast<uint32_t>(random() % (2 * count)) << 14;
      const auto [at, is_first] = expected.emplace(row, expected.size());
      bool is_new = !is_first;
      EXPECT_EQ(table.find_or_add(row, is_new), at->second);
      EXPECT_EQ(is_new, is_first);
    }
  }
}

}  // namespace
}  // namespace barker

// Counters and gauges that many threads change at once without a lock.
//
// A counter is sharded: each thread adds to a cache line that it shares with few others, so that
// threads that count the same thing do not wait for each other. Reading adds up the shards. It is
// no snapshot: an addition that happens meanwhile is seen now or at the next reading, and a counter
// never goes back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace barker {

inline constexpr size_t kMetricShards = 8;
inline constexpr size_t kCacheLine = 64;

// The shard of this thread. Threads are dealt to the shards in turn.
inline size_t metric_shard() noexcept {
  static std::atomic<size_t> next{0};
  static thread_local const size_t shard =
      next.fetch_add(1, std::memory_order_relaxed) % kMetricShards;
  return shard;
}

// [any thread]
class Counter {
 public:
  void add(uint64_t count = 1) noexcept {
    shards_[metric_shard()].count.fetch_add(count, std::memory_order_relaxed);
  }

  uint64_t value() const noexcept {
    uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.count.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(kCacheLine) Shard {
    std::atomic<uint64_t> count{0};
  };
  std::array<Shard, kMetricShards> shards_;
};

// A value that goes up and down, such as the number of open connections. [any thread]
class Gauge {
 public:
  void add(int64_t change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  void set(int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(kCacheLine) std::atomic<int64_t> value_{0};
};

}  // namespace barker

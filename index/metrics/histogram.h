// A histogram of durations with fixed buckets, which many threads fill at once without a lock. It
// is sharded as a counter is (counter.h).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>

#include "index/metrics/counter.h"

namespace barker {

// Upper bounds of the buckets in seconds: from a stage of some microseconds to a request that takes
// whole seconds. Values above the last one are in a further bucket, +Inf.
inline constexpr std::array<double, 20> kLatencyBounds = {
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
    0.025,   0.05,     0.075,   0.1,    0.15,    0.25,   0.5,   1.0,    2.5,   10.0};

// [any thread]
class Histogram {
 public:
  static constexpr size_t kBuckets = kLatencyBounds.size() + 1;

  struct Snapshot {
    std::array<uint64_t, kBuckets> counts{};  // of each bucket alone, not cumulative
    double sum_seconds = 0;
  };

  // A negative duration, which a clock that is set back can give, counts as 0. NaN is not counted.
  void observe(double seconds) noexcept {
    if (std::isnan(seconds)) return;
    const double value = std::max(seconds, 0.0);
    const auto bound = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), value);
    Shard& shard = shards_[metric_shard()];
    shard.counts[static_cast<size_t>(bound - kLatencyBounds.begin())].fetch_add(
        1, std::memory_order_relaxed);
    constexpr double kMostNanoseconds = 9e18;
    shard.sum_ns.fetch_add(static_cast<uint64_t>(std::min(value * 1e9, kMostNanoseconds)),
                           std::memory_order_relaxed);
  }

  // The number of all values is the sum of the counts, so that the two can never disagree.
  Snapshot read() const noexcept {
    Snapshot all;
    for (const Shard& shard : shards_) {
      for (size_t i = 0; i < kBuckets; ++i) {
        all.counts[i] += shard.counts[i].load(std::memory_order_relaxed);
      }
      all.sum_seconds += static_cast<double>(shard.sum_ns.load(std::memory_order_relaxed)) * 1e-9;
    }
    return all;
  }

 private:
  struct alignas(kCacheLine) Shard {
    std::array<std::atomic<uint64_t>, kBuckets> counts{};
    std::atomic<uint64_t> sum_ns{0};
  };
  std::array<Shard, kMetricShards> shards_;
};

}  // namespace barker

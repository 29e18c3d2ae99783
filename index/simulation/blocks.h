// Work on many shoppers on several threads. Shoppers are taken in blocks, so that sums and logs
// that are kept by block do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "models/base/result.h"

namespace barker {

inline constexpr size_t kBlock = 64;  // shoppers

inline size_t blocks_of(size_t shoppers) { return (shoppers + kBlock - 1) / kBlock; }

// Calls run(worker, block) for each block from `from` to before `to`. Each thread has a worker of
// its own, which make() makes; done(worker, block) is called after each block, one at a time. After
// an error no more blocks are begun, and the first error is given.
template <typename Make, typename Run, typename Done>
Status run_blocks(size_t from, size_t to, size_t threads, const Make& make, const Run& run,
                  const Done& done) {
  std::atomic<size_t> next{from};
  std::mutex mutex;
  Status failed;
  const auto work = [&] {
    auto worker = make();
    for (size_t block; (block = next++) < to;) {
      Status s = run(worker, block);
      const std::lock_guard<std::mutex> lock(mutex);
      if (!s.ok()) {
        if (failed.ok()) failed = std::move(s);
        next = to;
      } else {
        done(worker, block);
      }
    }
  };
  std::vector<std::thread> running;
  for (size_t t = 0; t < threads; ++t) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
  return failed;
}

}  // namespace barker

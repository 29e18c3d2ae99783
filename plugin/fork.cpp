#include "plugin/fork.h"

#include <pthread.h>

#include <atomic>

namespace barker {
namespace {

std::atomic<uint64_t> forks{0};

// The handler stays registered for ever, which is safe because the library is never unloaded
// (-z nodelete). Without memory for it a child would wait for pins as if it had not been forked.
const int registered =
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

uint64_t fork_count() noexcept {
  (void)registered;
  return forks.load(std::memory_order_relaxed);
}

}  // namespace barker

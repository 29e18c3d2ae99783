// Allocations that fail and a clock that steps, at a test's word. A program that links
// failing_memory.cpp has operator new, aligned_alloc and clock_gettime replaced; the plugin, which
// brings no allocator, gets them as well. What ICU takes from malloc is left alone: ICU 72 does not
// survive that itself. Sanitizers bring their own allocators: under them nothing is replaced, and
// tests that need it are skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BARKER_FAILING_NEW 1
#define NEEDS_FAILING_NEW
#else
#define NEEDS_FAILING_NEW GTEST_SKIP() << "the sanitizer brings its own allocator"
#endif

namespace barker {

// Of the calling thread.
struct FailingMemory {
  static constexpr int kNever = std::numeric_limits<int>::max();

  int allocations_left = kNever;  // the allocation that makes it 0 fails
  bool fails_for_good = false;    // all later ones fail, too
  bool has_failed = false;
  uint64_t allocated_bytes = 0;  // since the thread began
  bool has_fake_clock = false;   // every look at the clock takes a nanosecond
  uint64_t looks = 0;            // at the fake clock
};

FailingMemory& failing_memory();

// Runs `body` with its n-th allocation, and with `for_good` all later ones, failing. False: it made
// fewer.
template <typename Body>
bool with_failing_allocation(int n, bool for_good, Body body) {
  FailingMemory& memory = failing_memory();
  memory.allocations_left = n;
  memory.fails_for_good = for_good;
  memory.has_failed = false;
  body();
  memory.allocations_left = FailingMemory::kNever;
  return memory.has_failed;
}

}  // namespace barker

#include "tests/scoring/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> count{0};
}

// These are not inlined, because GCC would then warn that malloc is paired with delete.
[[gnu::noinline]] void* operator new(size_t size) {
  ++count;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++count;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace barker {

long allocations() { return count; }

bool allocations_are_counted() {
  const long before = count;
  // A call of the function: the compiler may optimise away a `delete new int`.
  ::operator delete(::operator new(4));
  return count == before + 1;
}

}  // namespace barker

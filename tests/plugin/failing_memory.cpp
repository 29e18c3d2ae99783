#include "tests/plugin/failing_memory.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <new>

namespace barker {

FailingMemory& failing_memory() {
  // Needs no constructor, so that the first allocation of a thread may ask for it.
  static thread_local constinit FailingMemory memory;
  return memory;
}

}  // namespace barker

#ifdef BARKER_FAILING_NEW
namespace {

bool must_fail() {
  barker::FailingMemory& memory = barker::failing_memory();
  if (memory.allocations_left == barker::FailingMemory::kNever) return false;
  if (memory.allocations_left > 0 && --memory.allocations_left > 0) return false;
  if (memory.has_failed && !memory.fails_for_good) return false;
  memory.has_failed = true;
  return true;
}

}  // namespace

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // it sees through only one of a pair
#endif
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  barker::failing_memory().allocated_bytes += size;
  return must_fail() ? nullptr : std::malloc(size ? size : 1);
}
void* operator new(size_t size) {
  if (void* data = operator new(size, std::nothrow)) return data;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  if (void* data = aligned_alloc(step, (size + step - 1) / step * step)) return data;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t& none) noexcept {
  return operator new(size, none);
}
extern "C" void* aligned_alloc(size_t alignment, size_t size) noexcept {
  barker::failing_memory().allocated_bytes += size;
  void* data = nullptr;
  return must_fail() || posix_memalign(&data, alignment, size) != 0 ? nullptr : data;
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete[](void* data, size_t) noexcept { std::free(data); }

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  barker::FailingMemory& memory = barker::failing_memory();
  if (!memory.has_fake_clock) return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  *now = {0, static_cast<long>(++memory.looks)};
  return 0;
}
#endif

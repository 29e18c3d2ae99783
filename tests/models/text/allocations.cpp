#include "tests/models/text/allocations.h"

#include <cerrno>
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BARKER_COUNTS_MALLOC 1
#endif

namespace {

// In the executable, so that looking at it never allocates.
thread_local size_t taken = 0;

}  // namespace

#ifdef BARKER_COUNTS_MALLOC
// The C library's own functions, under the names that it offers to programs that replace malloc.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* data, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* data);

void* malloc(size_t size) noexcept {
  ++taken;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) noexcept {
  ++taken;
  return __libc_calloc(count, size);
}
void* realloc(void* data, size_t size) noexcept {
  ++taken;
  return __libc_realloc(data, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  ++taken;
  return __libc_memalign(alignment, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  ++taken;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** data, size_t alignment, size_t size) noexcept {
  ++taken;
  *data = __libc_memalign(alignment, size);
  return *data ? 0 : ENOMEM;
}
void free(void* data) noexcept { __libc_free(data); }
}
#endif

namespace barker {

size_t allocations_of_thread() { return taken; }

bool can_count_allocations() {
#ifdef BARKER_COUNTS_MALLOC
  return true;
#else
  return false;
#endif
}

}  // namespace barker

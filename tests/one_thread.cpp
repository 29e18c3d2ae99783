// Linked into the suites that are not marked THREADS (see CMakeLists.txt): ends a suite that starts
// a thread, because ThreadSanitizer would not be asked about it.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>

// Stands before glibc's in the order in which the loader looks for symbols.
extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t*,
                                                                     const pthread_attr_t*,
                                                                     void* (*)(void*), void*) {
  std::fputs("This suite starts a thread: mark it THREADS in its CMakeLists.txt.\n", stderr);
  std::abort();
}

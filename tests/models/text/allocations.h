// Counts what a thread takes from malloc, operator new and their like, in all of the process: in
// this program, in the plugin that it loads and in ICU. For programs that link allocations.cpp,
// which replaces malloc.
#pragma once

#include <cstddef>

namespace barker {

// How many times the calling thread took memory. Counts nothing under sanitizers, which bring their
// own allocators: see can_count_allocations().
size_t allocations_of_thread();
bool can_count_allocations();

template <typename Body>
size_t allocations_in(Body body) {
  const size_t before = allocations_of_thread();
  body();
  return allocations_of_thread() - before;
}

}  // namespace barker

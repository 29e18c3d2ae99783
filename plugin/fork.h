// How often this process and its ancestors have forked since the library was loaded. What a thread
// takes, such as a pin, carries the number of that moment: a child of fork has only the thread that
// forked, so that what others took before the fork is never given back there, and must not be
// waited for.
#pragma once

#include <cstdint>

namespace barker {

// [any thread] Grows in the child of a fork and nowhere else.
uint64_t fork_count() noexcept;

}  // namespace barker

// How much of a long test a sanitizer repeats. Code under one takes many times as long, and looks
// for other faults than wrong results, for which a part of the draws is enough.
#pragma once

#include <algorithm>

namespace barker {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

// `count` repetitions, or an eighth of them, but at least one, under a sanitizer.
constexpr int repetitions(int count) { return kIsSanitized ? std::max(1, count / 8) : count; }

}  // namespace barker

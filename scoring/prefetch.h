// Asks the caches for rows of tables.
//
// All functions must be inlined. GCC 12 counts a prefetch as no effect, so it takes a function that
// does nothing else for a pure one and drops the calls; a test counts the instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scoring/tensor.h"

namespace barker {

[[gnu::always_inline]] inline void prefetch_row(const Table& table, uint32_t row) {
  constexpr size_t kCacheLine = 64;
  const size_t size = table.row_size();
  const char* const begin = static_cast<const char*>(table.raw().data) + row * size;
  // Two lines a round halve the loop's own cost. A prefetch past the row is harmless.
  for (const char* at = begin; at < begin + size; at += 2 * kCacheLine) {
    __builtin_prefetch(at);
    __builtin_prefetch(at + kCacheLine);
  }
}

// Of those rows that are among the first `row_count`.
[[gnu::always_inline]] inline void prefetch_rows(const Table& table, std::span<const uint32_t> rows,
                                                 uint32_t row_count) {
  for (const uint32_t row : rows) {
    if (row < row_count) prefetch_row(table, row);
  }
}

}  // namespace barker

// Random numbers that are a function of their use (seed, step, search, place) and not drawn from a
// stream. A run can therefore be resumed at any step without saving the state of a generator, and a
// batch that is split over processes drops the same entries as the whole batch.
#pragma once

#include <cstdint>

#include "models/base/random.h"

namespace barker {

inline uint64_t noise(uint64_t key, uint64_t place) {
  return mix_bits(key + (place + 1) * kRandomStep);
}

// A shuffle of 0..size-1 that needs no memory. It is a Feistel network on the next even power of
// two, applied until the result is below size (Black and Rogaway 2002).
class Permutation {
 public:
  Permutation(uint64_t size, uint64_t key) : size_(size), key_(key) {
    while ((uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
  }
  uint64_t operator()(uint64_t index) const {
    do {
      index = encrypt(index);
    } while (index >= size_);
    return index;
  }

 private:
  uint64_t encrypt(uint64_t x) const {
    const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
    uint64_t left = x >> half_bits_, right = x & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint64_t next = left ^ (noise(key_ + round, right) & mask);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  uint64_t size_, key_;
  unsigned half_bits_ = 1;
};

}  // namespace barker

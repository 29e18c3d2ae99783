// Random numbers that are a function of their use (seed, step, search, place) and not drawn from a
// stream. A run can therefore be resumed at any step without saving the state of a generator, and a
// batch that is split over processes drops the same entries as the whole batch.
#pragma once

#include <cstdint>

namespace barker {

inline uint64_t mix_bits(uint64_t z) {  // finaliser of splitmix64 (Steele, Lea, Flood 2014)
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

inline uint64_t noise(uint64_t key, uint64_t place) {
  return mix_bits(key + (place + 1) * 0x9E3779B97F4A7C15u);
}

inline double uniform(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

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

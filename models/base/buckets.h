// Salted hashing: which users or queries belong to a share of all of them.
//
// A key (the hash of a user's id, the number of a query) and a salt give a place between 0 and 1,
// and a share holds the keys whose place lies below it. So a key keeps its side as long as the salt
// stays the same, a growing share keeps the keys that it already had, and two salts divide the keys
// independently of each other. Nothing is stored. All functions are pure.
#pragma once

#include <cstdint>

#include "models/base/random.h"

namespace barker {

// The place of a key as a number of 64 bits, uniform over the keys.
constexpr uint64_t salted_place(uint64_t key, uint64_t salt = 0) noexcept {
  return mix_bits(key ^ salt);
}

// Whether a place lies in the first `share` of all places. 0 holds none of them and 1 all.
constexpr bool is_within(uint64_t place, double share) noexcept {
  return unit_interval(place) < share;
}

}  // namespace barker

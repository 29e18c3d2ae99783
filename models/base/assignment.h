// Which arm of an experiment a unit is in: the one rule that serving and analysis share.
//
// Experiments live on layers. A layer gives each unit (a user, or a browser where there is no user)
// a place between 0 and 1 by a salted hash. An experiment owns a part of the places of its layer,
// so that experiments of one layer share no unit. Within an experiment a second hash, which depends
// on the experiment's name too, decides the arm by the arms' shares. It follows that
//
//   - a unit stays in its arm as long as layer, salt, names and the shares of the arms stay,
//   - a part that grows keeps the units it had, in their arms,
//   - layers are independent of each other, and so are experiments that follow each other.
//
// Nothing is stored. All functions are pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "models/base/buckets.h"

namespace barker {

// The part [from, to) of a layer's places.
struct LayerPart {
  double from = 0, to = 1;  // 0 to 1, from < to

  bool has(double place) const noexcept { return place >= from && place < to; }
  bool overlaps(const LayerPart& other) const noexcept {
    return from < other.to && other.from < to;
  }
};

// What is hashed, by fingerprint() of models/text/fingerprint.h: the unit's id as it is, and these.
// The NULs keep "ab" and "c" from meeting "a" and "bc".
inline std::string layer_key(std::string_view layer, std::string_view salt) {
  return std::string(layer).append(1, '\0').append(salt);
}
inline std::string experiment_key(std::string_view layer, std::string_view salt,
                                  std::string_view experiment) {
  return layer_key(layer, salt).append(1, '\0').append(experiment);
}

// `unit`: the hash of the unit's id. `layer`: the hash of layer_key().
inline double place_in_layer(uint64_t unit, uint64_t layer) noexcept {
  return unit_interval(salted_place(unit, layer));
}

// The index of the arm. `experiment`: the hash of experiment_key(). `shares`
// are positive and sum to 1; where they sum to a little less, the last arm gets the rest.
inline size_t arm_of(uint64_t unit, uint64_t experiment, std::span<const double> shares) noexcept {
  double place = unit_interval(salted_place(unit, experiment));
  for (size_t arm = 0; arm + 1 < shares.size(); ++arm) {
    if (place < shares[arm]) return arm;
    place -= shares[arm];
  }
  return shares.size() - 1;
}

}  // namespace barker

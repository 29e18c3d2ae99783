// Negatives that are as popular as the positives. If every candidate is as often a negative as it
// is a positive, the popularity of a candidate predicts nothing (AUC .5), and a model can only
// learn what users prefer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/random.h"

namespace barker {

inline constexpr size_t kMatchedNegatives = 4;  // drawn for each positive

// splitmix64 that is seeded by the FNV-1a hash of a key. Every event draws from a stream of its
// own, so leaving out one event does not change the draws of the others.
class KeyedRandom {
 public:
  explicit KeyedRandom(const std::string& key) : state_(0xcbf29ce484222325u) {
    for (const char c : key) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  uint64_t next() { return next_random(state_); }
  double uniform() { return unit_interval(next()); }

 private:
  uint64_t state_;
};

// One candidate of each event was the positive. excluded[e] holds the candidates that must not
// become negatives of event e, the positive among them.
struct PositiveLog {
  std::vector<uint32_t> positives;
  std::vector<const std::vector<uint32_t>*> excluded;
};

// Weights for drawing among `candidates` candidates, summed from the first to the last. They are
// fitted (iterative proportional fitting) so that over all events of the log each candidate is
// expected as often among the negatives as among the positives.
std::vector<double> fit_cumulative_weights(size_t candidates, const PositiveLog& log);

// Draws kMatchedNegatives candidates that are not excluded, possibly one of them more than once.
// Returns nothing if too many draws hit excluded candidates.
std::vector<uint32_t> draw_matched(KeyedRandom random, const std::vector<double>& cumulative,
                                   const std::vector<uint32_t>& excluded);

}  // namespace barker

// A training that goes on where another one ended, because its log did: yesterday's weights learn
// the searches that came since, and with them a sample of those that they have learned from. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

struct Increment {
  int64_t after = 0;  // the weights have learned what happened until then
};

// Searches of the training split, ascending.
struct LearnedSearches {
  std::vector<uint32_t> fresh, past;

  // How many of the past a pass learns, where it takes `share` of them for each that is fresh
  // (IncrementOptions::past).
  size_t past_of_pass(double share) const;
};
LearnedSearches divide(const Dataset& data, Task task, const Increment& increment);

// What weights that were trained until a time leave to be learned of a log. Nothing where the
// training split does not have SFs of both before and after: then it is another log or the same one
// again, and all of it is learned.
std::optional<Increment> increment_after(int64_t time, const Dataset& data);

// What a weight file says of its training. Times are of the searches, where the card has them.
struct EarlierTraining {
  std::optional<int64_t> from, to;
  uint32_t user_buckets = 0;  // of hashed users
};
Result<EarlierTraining> earlier_training(const std::string& weights);

}  // namespace barker

// Parts of the instances on which models are judged apart: by day, by place in the bar, by whether
// training saw the user, by a feature of the log. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/evaluate/instances.h"

namespace barker {

struct InstanceSlice {
  std::string name;                 // "2024-01-31", "3", "18-24"
  std::vector<uint32_t> instances;  // indices in the table of its task, ascending
};

// The instances of one task, divided in one way.
struct Slicing {
  std::string by;  // "day", "position", "user" or the name of a feature group
  Task task = Task::kMain;
  uint32_t values = 0;  // how many there are; `slices` may have fewer, see kMostSlices
  std::vector<InstanceSlice> slices;
};

// How many values of a feature are kept, and positions.
inline constexpr uint32_t kMostSlices = 20;

// Divides the instances of a split and task (`table` is theirs).
//
// "day" gives every day of UTC, in order; where times are not seconds since 1970, a day is 86,400
// of them. "position" gives the first kMostSlices places. "user" gives "known" users, with a search
// of either task in the training split, and "new" ones, as far as there are any. Any other word is
// a group of the dataset: the values with the most instances, and "(none)" for searches without a
// feature of the group. An instance with several features of the group is in several slices.
// Not_found if there is no such group; the message names those that there are.
Result<Slicing> slice_by(const std::string& by, const Dataset& data, const InstanceTable& table,
                         Task task);

}  // namespace barker

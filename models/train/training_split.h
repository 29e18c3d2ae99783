// What a log has to learn from. Pure functions; any thread.
#pragma once

#include <cstddef>

#include "models/data/dataset.h"

namespace barker {

// Fails where all of the task's instances in the split are of one class, or where it has none.
Status check_classes(const Dataset& data, Split split, Task task);

// How many places of a page the training split has, at most kPlaces; of the others nothing is
// learned.
size_t places_of_ads(const Dataset& data);

}  // namespace barker

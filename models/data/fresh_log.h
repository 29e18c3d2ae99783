// A log that no training saw, as a dataset on which weight files can be judged: yesterday's searches,
// with what their users clicked before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/data/dataset.h"

namespace barker {

struct FreshLog {
  std::string log;                   // is judged: all its events are the test split
  std::vector<std::string> history;  // earlier logs of the same users, oldest first: training split
};

// Queries and titles are composed with `phrases`, which should be those of the weight file that is
// judged; every keyword and feature gets a number, because the weight file and not this log says
// which are known. The dataset lies beside `scratch` under a name that vanishes at once. `bad` gets a
// list for each file, the history's first. Lines of a user that are not in time order are bad.
Result<std::shared_ptr<const Dataset>> open_fresh_log(const FreshLog& fresh,
                                                      const std::vector<std::string>& phrases,
                                                      const std::string& scratch,
                                                      std::vector<BadLines>& bad);

}  // namespace barker

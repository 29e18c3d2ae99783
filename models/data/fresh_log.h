// A log that no training saw, as a dataset on which weight files can be judged: yesterday's searches,
// with what their users clicked before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/data/dataset.h"
#include "models/data/repeatable_log.h"

namespace barker {

struct FreshLogPaths {
  std::string log;                   // is judged: all its events are the test split
  std::vector<std::string> history;  // earlier logs of the same users, oldest first: training split
};

// One thread.
class FreshLog {
 public:
  // What comes through a pipe is copied beside `scratch`, because each weight file reads it anew.
  // `options` says the encoding of all logs and how many of their lines may be unusable.
  static Result<FreshLog> open(const FreshLogPaths& paths, const DatasetOptions& options,
                               const std::string& scratch);

  // Queries and titles are composed with `phrases`, which should be those of the weight file that is
  // judged; every keyword and feature gets a number, because the weight file and not this log says
  // which are known. The dataset lies beside `scratch` under a name that vanishes at once. `bad` gets a
  // list for each file, the history's first. Lines of a user that are not in time order are bad.
  Result<std::shared_ptr<const Dataset>> dataset(const std::vector<std::string>& phrases,
                                                 std::vector<BadLines>& bad) const;

  // How messages call the files, the history's first.
  const std::string& name(size_t file) const { return logs_[file].name(); }

 private:
  DatasetOptions options_;
  std::string scratch_;
  std::vector<RepeatableLog> logs_;  // the one that is judged stands last
};

}  // namespace barker

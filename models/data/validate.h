// Checks an event log for what would make training fail or teach nonsense, before hours are spent
// on training. One thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/dataset.h"

namespace barker {

struct Finding {
  enum class Level { kNote, kWarning, kError };  // with an error, training fails or learns nonsense
  Level level;
  std::string text;  // what was found, how often, and on which line first
};

struct LogReport {
  std::vector<Finding> findings;
  bool usable() const;  // whether there is no error
  std::string text() const;
};

// Looks for unusable lines, lines out of order, unknown fields, searches and search ids that are
// used twice, a user with half of the searches, clicked SFs among the groups of their search,
// splits of the log that overlap in time, impressions that appear twice in one search, splits with
// one class only, keywords and users of the test split that training never saw, and SFs that are
// almost never clicked. Reports label rates by split and task. More unusable lines than
// options.max_bad_share are an error. A dataset is built beside `scratch` on the way and removed
// again. Memory grows by some hundred bytes a line.
Result<LogReport> validate_log(const std::vector<std::string>& paths, const std::string& scratch,
                               const DatasetOptions& options);

}  // namespace barker

// What is wrong with an event log, before a night is spent on it.
#pragma once

#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/dataset.h"

namespace barker {

struct Finding {
  enum class Level { kNote, kWarning, kError };  // error: training fails or learns nonsense
  Level level;
  std::string text;  // what, how often, where first
};

struct LogReport {
  std::vector<Finding> findings;
  bool usable() const;  // no error
  std::string text() const;
};

// Unusable lines, order, search ids used twice, impressions twice in one search, label rates by
// split and task, one-class splits, keywords and users of the test split that training never saw,
// SFs that are nearly never clicked. Builds a dataset beside `scratch` for the latter; it vanishes.
Result<LogReport> validate_log(const std::string& path, const std::string& scratch,
                               const DatasetOptions& options);

}  // namespace barker

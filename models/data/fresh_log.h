// A log that no training saw, as a dataset on which weight files can be judged: yesterday's
// searches, with what their users clicked before.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "models/data/dataset.h"
#include "models/data/merged_log.h"

namespace barker {

struct FreshLogPaths {
  std::vector<std::string> log;      // is judged: all its events are the test split
  std::vector<std::string> history;  // earlier logs of the same users: training split
};

// One thread.
class FreshLog {
 public:
  // What comes through a pipe is copied beside `scratch`, because each weight file reads it anew;
  // in the directory options.scratch, if there is one. `options` says the encoding of all logs and
  // how many of their lines may be unusable.
  static Result<FreshLog> open(const FreshLogPaths& paths, const DatasetOptions& options,
                               const std::string& scratch);

  // Queries and titles are composed with `phrases`, which should be those of the weight file that
  // is judged; every keyword and feature gets a number, because the weight file and not this log
  // says which are known. The dataset lies where copies do, under a name that vanishes at once. All
  // files are merged by time, so that what was clicked after a search is not its history.
  Result<std::shared_ptr<const Dataset>> dataset(const std::vector<std::string>& phrases,
                                                 BadLines& bad) const;

  const MergedLog& log() const { return *log_; }  // all files

 private:
  DatasetOptions options_;
  std::string scratch_;
  size_t history_files_ = 0;  // they come first, so that their clicks come before at the same time
  std::optional<MergedLog> log_;
};

}  // namespace barker

// The epochs of a training as JSON lines, one object for each, written as they end so that a
// running training can be watched. One thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "models/train/trainer.h"

namespace barker {

// An epoch as one line with its end. What is not known (NaN) is null.
std::string epoch_line(const EpochReport& epoch);

class EpochLog {
 public:
  // The path "-" is standard output. With `goes_on`, lines are added to those of the file: a
  // resumed training may write its first epoch for the second time if it was killed before its
  // checkpoint.
  static Result<EpochLog> open(const std::string& path, bool goes_on);

  void add(const EpochReport& epoch);  // an error is kept for status()
  const Status& status() const { return status_; }

 private:
  EpochLog(std::string path, std::FILE* file);

  std::string path_;
  std::unique_ptr<std::FILE, void (*)(std::FILE*)> file_;
  Status status_;
};

}  // namespace barker

// An event log that can be read several times, as making a dataset requires.
#pragma once

#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/spool.h"

namespace barker {

class RepeatableLog {
 public:
  // A regular file is read where it is. Standard input ("-") and pipes are first copied, still
  // compressed if they are, into a file without a name in the directory of `scratch`. Errors name
  // the path, also one that does not exist. One thread.
  static Result<RepeatableLog> open(const std::string& path, const std::string& scratch);

  // Begins to read the log, any number of times, as long as this object lives.
  Result<LineReader> lines() const { return LineReader::open(path_, name_); }

  // To open the log by in another way.
  const std::string& path() const { return path_; }
  // How messages call the log: the path that was given, or "standard input".
  const std::string& name() const { return name_; }

 private:
  std::string path_, name_;
  SpoolFile copy_;
};

}  // namespace barker

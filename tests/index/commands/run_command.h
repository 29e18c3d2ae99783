// The barker command as a shell runs it.
#pragma once

#include "tests/models/command/run_line.h"

namespace barker {

inline Outcome run(const std::string& arguments) {
  return run_line(std::string(BARKER_COMMAND) + " " + arguments);
}

}  // namespace barker

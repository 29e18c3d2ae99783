// How `barker search` reports an error before it has returned its result.
#pragma once

#include <string>

#include "models/command/program.h"

namespace barker {

// "barker COMMAND: message" on standard error; returns the exit code.
inline int fail(const char* command, const Status& status) {
  return report_error(std::string("barker ") + command, status);
}

}  // namespace barker

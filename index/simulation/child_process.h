// Runs another program and waits for it. [any thread]
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct ChildProcess {
  std::vector<std::string> command;  // the program's path, and its arguments
  std::string directory;             // in which it runs
  std::string log;                   // gets what it prints, at its end; made if it is missing
};

// Its exit code, whatever that is. Fails where the program cannot be started or was ended by a
// signal; the error names command and log.
Result<int> run_child(const ChildProcess& child);

// The command as a person would type it, for messages.
std::string command_text(const ChildProcess& child);

}  // namespace barker

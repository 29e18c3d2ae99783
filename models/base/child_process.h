// Runs another program and waits for it. [any thread]
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct ChildProcess {
  std::vector<std::string> command;  // the program's path, and its arguments
  std::string directory;             // in which it runs; empty: the caller's
  std::string log;                   // gets what it prints, at its end; made if it is missing
  // Called with its number when it was started, and with 0 when it has ended, so that a signal can
  // be passed on. May be empty.
  std::function<void(pid_t)> tell = {};
};

struct ChildEnd {
  int signal = 0;  // that ended it; 0: it ended by itself
  int code = 0;    // its exit code then
};

// The program's standard input is empty. It gets SIGTERM when the calling thread ends, however it
// ends. Fails where the program cannot be started; the error names it.
Result<ChildEnd> run_child(const ChildProcess& child);

// The command as a person would type it, for messages.
std::string command_text(const ChildProcess& child);

}  // namespace barker

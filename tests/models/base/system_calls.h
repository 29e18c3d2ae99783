// Runs code whose process is killed, or whose system calls fail, at any one of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace barker {

// What happens at the `at`-th system call (from 1) that the body makes.
struct Fault {
  enum class Kind { kNone, kKill, kError };
  Kind kind = Kind::kNone;
  int at = 0;
  int error = 0;         // errno of kError; the call is not made
  bool lasting = false;  // all calls of the same number fail from there on, as on a full disk
};

// `file`: the path of the file a sync, lock or write is about; empty for other calls.
struct SystemCall {
  long number = -1;
  std::string file;
};

struct Traced {
  bool possible = true;   // false if this machine does not allow tracing or is no x86-64
  bool happened = false;  // the body made as many calls
  bool killed = false;    // ended by a signal
  int signal = 0;
  int code = -1;                  // the body's, where it ended
  std::vector<SystemCall> calls;  // made in all
  long number = -1;               // of the one at which the fault happened
  std::string file;               // of the same
};

// Runs `body` in a forked process under ptrace. Its return value is the exit code.
Traced run_traced(const std::function<int()>& body, const Fault& fault);

}  // namespace barker

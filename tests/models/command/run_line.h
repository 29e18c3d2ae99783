// A command as a shell runs it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace barker {

struct Outcome {
  int code;
  std::string out;
};

// Runs a line of /bin/sh. `out` has what goes to standard output, which the line may let standard
// error follow.
inline Outcome run_line(const std::string& line) {
  FILE* pipe = popen(line.c_str(), "r");
  Outcome result{0, ""};
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, got);
  result.code = WEXITSTATUS(pclose(pipe));
  return result;
}

}  // namespace barker

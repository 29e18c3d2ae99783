// The barker command as a shell runs it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace barker {

struct Outcome {
  int code;
  std::string out;
};

inline Outcome run(const std::string& arguments) {
  FILE* pipe = popen((std::string(BARKER_COMMAND) + " " + arguments).c_str(), "r");
  Outcome result{0, ""};
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, got);
  result.code = WEXITSTATUS(pclose(pipe));
  return result;
}

}  // namespace barker

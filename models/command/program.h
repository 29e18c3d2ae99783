// The frame of our command line programs: a table of subcommands becomes a main function.
//
// The frame parses the words, runs the subcommand that they name, prints errors and returns the
// exit code (models/base/exit_code.h). It also gives every program `--help`, `--version` and the
// subcommand `completion`. Results belong on standard output, messages on standard error.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace CLI {
class App;
}

namespace barker {

// Runs a subcommand whose options have been parsed. It returns an exit code, or the error that the
// frame prints and turns into an exit code.
using Command = std::function<Result<int>()>;

struct Program {
  const char* name;
  const char* version;
  const char* description;
  // Each adds exactly one subcommand with its options to the application (see options.h).
  std::vector<Command (*)(CLI::App&)> subcommands;
};

// Parses and runs. A subcommand's std::exception becomes an error. To be called once, from main.
int run_program(const Program& program, int argc, const char* const* argv);

// Prints "COMMAND: message" on standard error and returns the exit code of the error. Messages
// quote files and paths that others wrote, so characters that a terminal would obey are removed.
int report_error(std::string_view command, const Status& status);

// For commands whose work outlasts the readers of what they print, such as a server and a training:
// from now on, writing to a pipe without a reader fails and does not end the process. Processes
// that are started afterwards inherit it.
void ignore_broken_pipes();

// For those of them whose results are not on standard output: what could not be printed until now
// is no failure of the command.
void forget_output_errors();

// The text with every line cleaned in the same way. For reports that quote what others wrote.
std::string visible_lines(std::string_view text);

}  // namespace barker

// Shell completion, generated from a program's subcommands and options, so that it cannot fall
// behind them.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace barker {

// The shells that a script can be made for: "bash", "zsh", "fish".
const std::vector<std::string>& completion_shells();

// A script that the shell sources. It completes subcommands, options, the words of one_of, and
// files and directories where an option or operand names one. `shell` is one of the above.
std::string completion_script(const CLI::App& program, const std::string& shell);

}  // namespace barker

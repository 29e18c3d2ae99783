// What the options of all our subcommands have in common: their groups in the help, the kinds of
// their values, and how an option keeps an old spelling.
//
// The names of an option are given as CLI11 takes them, "--out,--to": the first long name is the
// option's name; every further long name is an old spelling, which is accepted, left out of help
// and completion, and answered by a note on standard error. "weights,--weights" is an operand that
// can be given as an option, too. Aliases of subcommands are old spellings in the same way.
//
// A repeated option such as --set takes one value each time, so that it never swallows an operand
// that follows it.
#pragma once

// CLI/CLI.hpp would compile the parser, the validators and the help of CLI11 into every command,
// which takes longer than the command itself. They are compiled in this room alone.
#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace barker {

// Groups, in the order in which help prints them.
inline constexpr char kInput[] = "Input";
inline constexpr char kOutput[] = "Output";
inline constexpr char kModel[] = "Model";
inline constexpr char kUser[] = "User";
inline constexpr char kAuction[] = "Auction";
inline constexpr char kServing[] = "Serving";
inline constexpr char kJudging[] = "Judging";
inline constexpr char kRun[] = "Run";
inline constexpr char kSize[] = "Size";

// Kinds of values, given to Option::type_name. Completion offers files for a kind that contains
// FILE, directories for DIR.
inline constexpr char kFile[] = "FILE";
inline constexpr char kDirectory[] = "DIR";
inline constexpr char kFileOrDirectory[] = "FILE|DIR";

// The words with a separator between them.
std::string join(const std::vector<std::string>& words, char separator);

// Adds a subcommand to a program or to another subcommand, which owns it. CLI::App's own function
// would compile CLI11's parser into the caller's unit.
CLI::App* add_subcommand(CLI::App& parent, const std::string& name, const std::string& description);

// Restricts an option to some words. Help and completion show them.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

// Adds an option whose value is a time with its unit, such as 90s or 30m, which becomes
// milliseconds. `standard` is the default as help shows it.
CLI::Option* add_time_option(CLI::App& command, const char* name, int64_t& milliseconds,
                             const char* standard, const char* what);

// What help and completion read from an option.
struct OptionText {
  std::string name;                  // "--out"; "" for an operand that has no option
  std::string short_name;            // "-h" or ""
  std::string operand;               // "WEIGHTS" or ""
  std::string value;                 // "FILE", "N"; "" for a flag
  std::string bounds;                // "[10 - 100000]" or ""
  std::string default_value;         // "" where there is none to show
  std::vector<std::string> choices;  // of one_of
  bool repeats = false;              // whether it takes several values
  std::vector<std::string> old_names;
};
OptionText text_of(const CLI::Option& option);

// Options and operands that help and completion show, in the order in which they were added.
std::vector<const CLI::Option*> visible_options(const CLI::App& command);
std::vector<const CLI::App*> visible_subcommands(const CLI::App& command);

}  // namespace barker

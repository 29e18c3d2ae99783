#include "models/command/program.h"

#include <stdio_ext.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/command/completion.h"
#include "models/command/help.h"
#include "models/command/options.h"
#include "models/text/probably_meant.h"
#include "models/text/text.h"

namespace barker {
namespace {

// The subcommands that were named, outermost first: barker-train, generate, marketplace.
std::vector<const CLI::App*> named(const CLI::App& app) {
  std::vector<const CLI::App*> chain = {&app};
  while (!chain.back()->get_subcommands().empty()) {
    chain.push_back(chain.back()->get_subcommands().back());
  }
  return chain;
}

std::string name_of(const std::vector<const CLI::App*>& chain) {
  std::string name;
  for (const CLI::App* app : chain) name += (name.empty() ? "" : " ") + app->get_name();
  return name;
}

// A repeated option takes one value each time; CLI11 would also give it the operands that follow.
void take_one_value_at_a_time(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (!option->get_positional() &&
        option->get_expected_max() >= CLI::detail::expected_max_vector_size) {
      option->expected(1)->allow_extra_args(false)->multi_option_policy(
          CLI::MultiOptionPolicy::TakeAll);
    }
  }
  for (CLI::App* sub : app.get_subcommands({})) take_one_value_at_a_time(*sub);
}

// Bounds such as CLI::Range let "nan" pass, because every comparison with it is false.
void take_finite_numbers_only(CLI::App& app) {
  const auto refuse = [](const std::string& text) {
    return std::isfinite(std::strtod(text.c_str(), nullptr)) ? ""
                                                             : "expected a finite number: " + text;
  };
  for (CLI::Option* option : app.get_options()) {
    const std::string type = option->get_type_name();
    const auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
    if (has("FLOAT") || has("NONNEGATIVE") || has("POSITIVE")) option->check(refuse);
  }
  for (CLI::App* sub : app.get_subcommands({})) take_finite_numbers_only(*sub);
}

// A flag says yes or no. One with a value of its own in its names, such as "--json{-}", takes a
// text.
bool is_yes_or_no(const CLI::Option& option) {
  return option.get_items_expected_max() == 0 && option.get_fnames().empty();
}

// CLI11 would read "2", "-1" and "on" as yes or no, and let what is no number leave the parser as
// an exception of the standard library.
void take_true_or_false_only(CLI::App& app) {
  const auto refuse = [](const std::string& text) {
    const bool is_either = text == "true" || text == "false" || text == "1" || text == "0";
    return is_either ? "" : "expected true or false, found \"" + text + "\"";
  };
  for (CLI::Option* option : app.get_options()) {
    if (is_yes_or_no(*option)) option->check(refuse);
  }
  for (CLI::App* sub : app.get_subcommands({})) take_true_or_false_only(*sub);
}

std::string names_of_subcommands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* sub : visible_subcommands(app)) {
    names += (names.empty() ? "" : ", ") + sub->get_name();
  }
  return names;
}

// CLI11 prints the bounds of a range with six digits behind the point, 1e-09 as 0.000000. Help has
// them in full.
std::string range_error(const CLI::App& app, const std::string& error) {
  constexpr std::string_view kOutside = " not in range ";
  const size_t at = error.find(kOutside);
  if (at == std::string::npos) return error;
  for (const CLI::Option* option : visible_options(app)) {
    if (!error.starts_with(option->get_name() + ": ")) continue;
    const std::string type = option->get_type_name(), bounds = text_of(*option).bounds;
    const std::string value = error.substr(0, at);
    if (type.find("NONNEGATIVE") != std::string::npos) return value + " is below 0";
    if (type.find("POSITIVE") != std::string::npos) return value + " is not above 0";
    if (!bounds.empty()) return value + std::string(kOutside) + bounds;
  }
  return error;
}

// "; did you mean --data?", and nothing where no option resembles the word.
std::string suggestion(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : visible_options(app)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::string_view meant =
      probably_meant(word.substr(0, word.find('=')), {names.begin(), names.end()});
  return meant.empty() ? "" : "; did you mean " + std::string(meant) + "?";
}

// What is wrong with the words, in plainer terms than CLI11's where the cause is known.
std::string usage_error(const std::vector<const CLI::App*>& chain, const CLI::ParseError& error) {
  const CLI::App& last = *chain.back();
  const bool has_subcommands = !visible_subcommands(last).empty();
  const bool is_incomplete = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool has_extras = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const std::vector<std::string> rest = last.remaining();
  // What is missing may be what was misspelt.
  if ((has_extras || is_incomplete) && !rest.empty() && rest.front().starts_with("-")) {
    return "no such option: " + rest.front() + suggestion(last, rest.front());
  }
  if (!rest.empty() && (has_extras || (is_incomplete && has_subcommands))) {
    if (!has_subcommands) return "one operand too many: " + rest.front();
    return "no such subcommand: " + rest.front() + "; there are " + names_of_subcommands(last);
  }
  if (is_incomplete && has_subcommands) {
    return "a subcommand is missing: " + names_of_subcommands(last);
  }
  for (const CLI::Option* option : visible_options(last)) {
    if (!is_incomplete || !option->get_required() || option->count() > 0) continue;
    const OptionText text = text_of(*option);
    return (text.operand.empty() ? text.name + " " + text.value : text.operand) + " is missing";
  }
  return range_error(last, error.what());
}

// Prints a note with the present name of every old spelling on the command line.
void note_old_spellings(const std::vector<const CLI::App*>& chain, int argc,
                        const char* const* argv) {
  const auto note = [&](const std::string& old, const std::string& now) {
    std::cerr << name_of(chain) << ": note: " << old << " is now called " << now << "\n";
  };
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string argument = argv[i];
    const std::string word = argument.substr(0, argument.find('='));
    for (size_t depth = 0; depth < chain.size(); ++depth) {
      const std::vector<std::string>& aliases = chain[depth]->get_aliases();
      if (static_cast<int>(depth) == i && std::ranges::find(aliases, word) != aliases.end()) {
        note(word, chain[depth]->get_name());
      }
      for (const CLI::Option* option : chain[depth]->get_options()) {
        const OptionText text = text_of(*option);
        if (std::ranges::find(text.old_names, word) != text.old_names.end()) note(word, text.name);
      }
    }
  }
}

// A flag whose value is missing, as in "--watch=$UNSET", which CLI11 takes for a flag without one.
Status check_flag_values(const std::vector<const CLI::App*>& chain, int argc,
                         const char* const* argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    std::string word = argv[i];
    if (!word.starts_with("--") || !word.ends_with('=')) continue;
    word.pop_back();
    for (const CLI::App* app : chain) {
      const CLI::Option* const option = app->get_option_no_throw(word);
      if (!option || option->get_items_expected_max() > 0) continue;
      return invalid_argument(word + ": expected a value behind the =, found none");
    }
  }
  return {};
}

int report_usage_error(const std::string& command, const std::string& error) {
  report_error(command, invalid_argument(error));
  std::cerr << "Try: " << command << " --help\n";
  return kExitUsage;
}

Command add_completion_command(CLI::App& app) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command = add_subcommand(app, "completion", "Print a completion script for a shell");
  one_of(command->add_option("shell", *shell, "The shell that sources the script")->required(),
         completion_shells());
  return [&app, shell]() -> Result<int> {
    std::cout << completion_script(app, *shell);
    return kExitOk;
  };
}

// Results that could not be written are an error: a script must not take half of them for all.
int finish(const std::string& command, int code) {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  return report_error(command, io_error("standard output cannot be written"));
}

int run_command(const std::string& name, const Command& command) {
  try {
    const Result<int> result = command();
    if (!result.ok()) {
      finish(name, kExitOk);
      return report_error(name, result.status());
    }
    return finish(name, *result);
  } catch (const std::bad_alloc&) {
    return report_error(name, io_error("out of memory"));
  } catch (const std::exception& e) {
    return report_error(name, io_error(e.what()));
  }
}

}  // namespace

int report_error(std::string_view command, const Status& status) {
  std::cerr << command << ": " << visible(status.message()) << "\n";
  return exit_code(status);
}

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void forget_output_errors() {
  std::cout.flush();
  std::fflush(stdout);
  __fpurge(stdout);  // what could not be written would be tried again at the end
  std::cout.clear();
  std::clearerr(stdout);
}

std::string visible_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    append_visible(text.substr(0, end), out, nullptr);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

int run_program(const Program& program, int argc, const char* const* argv) {
  CLI::App app(program.description, program.name);
  app.formatter(make_help_formatter());
  app.option_defaults()->always_capture_default();
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", std::string(program.name) + " " + program.version,
                       "Print the version and exit");
  app.require_subcommand(1);
  std::vector<std::pair<const CLI::App*, Command>> commands;
  const auto add = [&](Command (*add_command)(CLI::App&)) {
    Command command = add_command(app);
    commands.emplace_back(app.get_subcommands({}).back(), std::move(command));
  };
  for (const auto& add_command : program.subcommands) add(add_command);
  add(add_completion_command);
  take_one_value_at_a_time(app);
  take_finite_numbers_only(app);
  take_true_or_false_only(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return finish(program.name, app.exit(e));
  } catch (const CLI::ParseError& e) {
    const std::vector<const CLI::App*> chain = named(app);
    return report_usage_error(name_of(chain), usage_error(chain, e));
  }
  const std::vector<const CLI::App*> chain = named(app);
  if (const Status s = check_flag_values(chain, argc, argv); !s.ok()) {
    return report_usage_error(name_of(chain), s.message());
  }
  note_old_spellings(chain, argc, argv);
  for (const auto& [sub, command] : commands) {
    if (sub == chain[1]) return run_command(name_of(chain), command);
  }
  return kExitUsage;
}

}  // namespace barker

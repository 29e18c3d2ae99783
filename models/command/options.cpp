#include "models/command/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>

namespace barker {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Kinds are upper case ("FILE|DIR"), the words of one_of are not.
std::vector<std::string> choices_in(const std::string& value) {
  std::vector<std::string> words;
  if (value.find('|') == std::string::npos || std::isupper(static_cast<unsigned char>(value[0]))) {
    return words;
  }
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find('|', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

std::string join(const std::vector<std::string>& words, char separator) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += separator;
    joined += word;
  }
  return joined;
}

CLI::App* add_subcommand(CLI::App& parent, const std::string& name,
                         const std::string& description) {
  return parent.add_subcommand(name, description);
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  return option->check(CLI::IsMember(words))->type_name(join(words, '|'));
}

CLI::Option* add_time_option(CLI::App& command, const char* name, int64_t& milliseconds,
                             const char* standard, const char* what) {
  const std::map<std::string, int64_t> units = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  // It is no CLI::Range, because help would show its bounds in milliseconds.
  const auto at_most_a_year = [](const std::string& text) {
    const double value = std::strtod(text.c_str(), nullptr);
    return value >= 0 && value <= 366 * 86'400'000.0 ? "" : "expected a time from 0 to 366d";
  };
  return command.add_option(name, milliseconds, what)
      ->check(CLI::Validator(at_most_a_year, ""))
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
      ->default_str(standard)
      ->type_name("TIME");
}

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  const std::vector<std::string>& names = option.get_lnames();
  if (!names.empty()) {
    text.name = "--" + names.front();
    for (size_t i = 1; i < names.size(); ++i) text.old_names.push_back("--" + names[i]);
  }
  if (!option.get_snames().empty()) text.short_name = "-" + option.get_snames().front();
  if (option.get_positional()) text.operand = upper(option.get_name(true));
  if (option.get_items_expected_max() == 0) return text;  // a flag
  text.repeats = option.get_items_expected_max() > 1 ||
                 option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  // CLI11 appends the descriptions of the checks to the type: "UINT:INT in [10 - 100000]".
  const std::string type = option.get_type_name();
  text.value = type.substr(0, type.find(':'));
  if (text.value == "UINT" || text.value == "INT" || text.value == "FLOAT") text.value = "N";
  if (const size_t in = type.find(" in ["); in != std::string::npos) {
    text.bounds = type.substr(in + 4, type.find(']', in) - in - 3);
  }
  text.choices = choices_in(text.value);
  // An empty list and a NaN stand for "not given".
  const std::string shown = option.get_default_str();
  if (shown != "[]" && shown != "nan") text.default_value = shown;
  return text;
}

std::vector<const CLI::Option*> visible_options(const CLI::App& command) {
  return command.get_options(
      [](const CLI::Option* option) { return !option->get_group().empty(); });
}

std::vector<const CLI::App*> visible_subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

}  // namespace barker

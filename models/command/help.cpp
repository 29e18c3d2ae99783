#include "models/command/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "models/command/options.h"

namespace barker {
namespace {

constexpr size_t kColumn = 30;  // where descriptions begin
constexpr size_t kWidth = 100;

// One entry: the name, then the description in its own column.
void append_entry(const std::string& name, const std::string& description, std::string& out) {
  std::string line = "  " + name;
  std::istringstream words(description);
  bool first = true;
  if (line.size() + 2 > kColumn) {
    out += line + "\n";
    line.clear();
  }
  line.resize(kColumn, ' ');
  for (std::string word; words >> word; first = false) {
    if (!first && line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line.assign(kColumn, ' ');
      first = true;
    }
    line += (first ? "" : " ") + word;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void append_option(const CLI::Option& option, std::string& out) {
  const OptionText text = text_of(option);
  std::string name = text.short_name.empty() ? "" : text.short_name + ", ";
  name += text.operand.empty() ? text.name : text.operand;
  if (text.operand.empty() && !text.value.empty()) name += " " + text.value;
  std::string notes;
  const auto note = [&](const std::string& more) { notes += (notes.empty() ? "" : "; ") + more; };
  if (!text.operand.empty() && !text.choices.empty()) note(text.value);
  if (!text.operand.empty() && !text.name.empty()) note("or " + text.name + " " + text.value);
  if (option.get_required() && text.operand.empty()) note("required");
  if (!text.bounds.empty()) note("in " + text.bounds);
  if (!text.default_value.empty()) note("default: " + text.default_value);
  append_entry(name, option.get_description() + (notes.empty() ? "" : " (" + notes + ")"), out);
}

std::string usage_of(const CLI::App& app, const std::string& name) {
  std::string usage = "Usage: " + name;
  if (!visible_subcommands(app).empty()) usage += " SUBCOMMAND";
  bool optional = false;
  for (const CLI::Option* option : visible_options(app)) {
    const OptionText text = text_of(*option);
    if (!text.operand.empty()) {
      const bool several = option->get_items_expected_max() > 1;
      const std::string operand = text.operand + (several ? "..." : "");
      usage += option->get_required() ? " " + operand : " [" + operand + "]";
    } else if (option->get_required()) {
      usage += " " + text.name + " " + text.value;
    } else {
      optional = true;
    }
  }
  return usage + (optional ? " [OPTIONS]\n" : "\n");
}

// Operands have the heading "Operands"; -h and --version have CLI11's own group, "Options", and
// come last.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    std::string out = app->get_description() + "\n\n" + usage_of(*app, name);
    const std::vector<const CLI::App*> subcommands = visible_subcommands(*app);
    if (!subcommands.empty()) out += "\nSubcommands:\n";
    for (const CLI::App* sub : subcommands) {
      append_entry(sub->get_name(), sub->get_description(), out);
    }
    std::vector<std::string> groups = {"Operands"};
    for (const CLI::Option* option : visible_options(*app)) groups.push_back(heading(*option));
    std::stable_partition(groups.begin(), groups.end(),
                          [](const std::string& g) { return g != kOther; });
    for (size_t i = 0; i < groups.size(); ++i) {
      if (std::find(groups.begin(), groups.begin() + static_cast<ptrdiff_t>(i), groups[i]) ==
          groups.begin() + static_cast<ptrdiff_t>(i)) {
        append_group(*app, groups[i], out);
      }
    }
    return out;
  }

 private:
  static constexpr const char* kOther = "Options";

  static std::string heading(const CLI::Option& option) {
    return option.get_positional() ? "Operands" : option.get_group();
  }

  static void append_group(const CLI::App& app, const std::string& group, std::string& out) {
    std::string entries;
    for (const CLI::Option* option : visible_options(app)) {
      if (heading(*option) == group) append_option(*option, entries);
    }
    if (!entries.empty()) out += "\n" + group + ":\n" + entries;
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter() {
  return std::make_shared<HelpFormatter>();
}

}  // namespace barker

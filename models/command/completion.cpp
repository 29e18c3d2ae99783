#include "models/command/completion.h"

#include <algorithm>

#include "models/command/options.h"

namespace barker {
namespace {

// One subcommand (or the program itself) as the generators below need it.
struct Node {
  std::vector<std::string> path;  // {"barker-train", "generate", "marketplace"}
  const CLI::App* app;

  std::string joined(const char* separator) const {
    std::string text;
    for (const std::string& word : path) text += (text.empty() ? "" : separator) + word;
    return text;
  }
};

void collect(const Node& node, std::vector<Node>& nodes) {
  nodes.push_back(node);
  for (const CLI::App* sub : visible_subcommands(*node.app)) {
    Node child = node;
    child.path.push_back(sub->get_name());
    child.app = sub;
    collect(child, nodes);
  }
}

std::vector<Node> nodes_of(const CLI::App& program) {
  std::vector<Node> nodes;
  collect({{program.get_name()}, &program}, nodes);
  return nodes;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Quotes for a POSIX shell, and for fish, which escapes inside of quotes in another way.
std::string quoted(const std::string& text, const char* escaped_quote) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? escaped_quote : std::string(1, c);
  return out + "'";
}

// The bash command that offers what completes a value of this kind; "" where nothing can.
std::string bash_words(const OptionText& text) {
  if (!text.choices.empty()) {
    return "_NAME_words '" + join(text.choices, ' ') + "'";
  }
  if (contains(text.value, kFile)) return "_NAME_paths -f";
  if (contains(text.value, kDirectory)) return "_NAME_paths -d";
  return "";
}

std::string bash_values(const std::vector<Node>& nodes) {
  std::string cases;
  for (const Node& node : nodes) {
    for (const CLI::Option* option : visible_options(*node.app)) {
      const OptionText text = text_of(*option);
      if (text.name.empty() || text.value.empty()) continue;
      std::string words = bash_words(text);
      if (words.empty()) words = ":";
      cases += "    '" + node.joined(" ") + " " + text.name + "') " + words + "; return ;;\n";
    }
  }
  return cases;
}

std::string bash_options(const std::vector<Node>& nodes) {
  std::string cases;
  for (const Node& node : nodes) {
    std::vector<std::string> names;
    for (const CLI::Option* option : visible_options(*node.app)) {
      const std::string name = text_of(*option).name;
      if (!name.empty()) names.push_back(name);
    }
    cases += "      '" + node.joined(" ") + "') _NAME_words '" + join(names, ' ') + "' ;;\n";
  }
  return cases;
}

std::string bash_operands(const std::vector<Node>& nodes) {
  std::string cases;
  for (const Node& node : nodes) {
    std::string commands;
    std::vector<std::string> names;
    for (const CLI::App* sub : visible_subcommands(*node.app)) names.push_back(sub->get_name());
    if (!names.empty()) commands += "_NAME_words '" + join(names, ' ') + "'; ";
    for (const CLI::Option* option : visible_options(*node.app)) {
      const OptionText text = text_of(*option);
      if (text.operand.empty()) continue;
      if (const std::string words = bash_words(text); !words.empty()) commands += words + "; ";
    }
    if (!commands.empty()) cases += "    '" + node.joined(" ") + "') " + commands + ";;\n";
  }
  return cases;
}

constexpr char kBash[] = R"bash(# bash completion of NAME. Try it: source <(NAME completion bash)
# Offers those of the words that begin like the word at the cursor.
_NAME_words() {
  local IFS=$' \t\n' more
  mapfile -t more < <(compgen -W "$1" -- "$cur")
  COMPREPLY+=("${more[@]}")
}

# Offers files (-f) or directories (-d). bash then adds the slash of a directory and quotes spaces,
# as it must not do with a word that only has the name of a file.
_NAME_paths() {
  local more
  mapfile -t more < <(compgen "$1" -- "$cur")
  COMPREPLY+=("${more[@]}")
  compopt -o filenames 2>/dev/null  # outside of a completion it only fails
}

# Offers what may follow.
_NAME_offer() {
  case "$path $prev" in
VALUES  esac
  if [[ $cur == -* ]]; then
    case $path in
OPTIONS    esac
    return
  fi
  case $path in
OPERANDS  esac
}

_NAME() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path=NAME i
  # bash splits --out=FILE into three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
      PATHS) path+=" ${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  _NAME_offer
}
complete -F _NAME NAME
)bash";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string bash_script(const CLI::App& program) {
  const std::vector<Node> nodes = nodes_of(program);
  std::string paths;
  for (const Node& node : nodes) {
    if (node.path.size() > 1) paths += (paths.empty() ? "'" : " | '") + node.joined(" ") + "'";
  }
  std::string script = kBash;
  replace_all(script, "VALUES", bash_values(nodes));
  replace_all(script, "OPTIONS", bash_options(nodes));
  replace_all(script, "OPERANDS", bash_operands(nodes));
  replace_all(script, "PATHS", paths);
  std::string function = program.get_name();
  replace_all(function, "-", "_");
  replace_all(script, "_NAME", "_" + function);
  replace_all(script, "NAME", program.get_name());
  return script;
}

// Text inside of [...] of an _arguments specification.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionText& text) {
  if (!text.choices.empty()) return "(" + join(text.choices, ' ') + ")";
  if (contains(text.value, kFile)) return "_files";
  if (contains(text.value, kDirectory)) return "_files -/";
  return " ";
}

// The _arguments specifications of options and operands: '1:NAME:ACTION' is the first operand,
// '*:NAME:ACTION' are all that follow, '*--set=...' may be given several times.
std::string zsh_arguments(const Node& node) {
  std::string arguments;
  int operands = 0;
  for (const CLI::Option* option : visible_options(*node.app)) {
    const OptionText text = text_of(*option);
    const std::string value =
        text.value.empty() ? "" : ":" + zsh_text(text.value) + ":" + zsh_action(text);
    std::string specification = text.repeats ? "*" : "";
    if (!text.operand.empty()) {
      if (!text.repeats) specification = std::to_string(++operands);
      specification += ":" + zsh_text(text.operand) + ":" + zsh_action(text);
    } else {
      specification += text.name + (value.empty() ? "" : "=") + "[" +
                       zsh_text(option->get_description()) + "]" + value;
    }
    arguments += " \\\n    " + quoted(specification, "'\\''");
  }
  return arguments;
}

std::string zsh_function(const Node& node) {
  std::string name = node.joined("_"), commands, branches;
  replace_all(name, "-", "_");
  const std::string arguments = zsh_arguments(node);
  for (const CLI::App* sub : visible_subcommands(*node.app)) {
    commands +=
        "\n        " + quoted(sub->get_name() + ":" + zsh_text(sub->get_description()), "'\\''");
    std::string function = name + "_" + sub->get_name();
    replace_all(function, "-", "_");
    branches += "        " + sub->get_name() + ") _" + function + " ;;\n";
  }
  if (commands.empty()) return "_" + name + "() {\n  _arguments -s" + arguments + "\n}\n\n";
  return "_" + name + "() {\n  local state line commands\n  _arguments -C" + arguments +
         " \\\n    '1: :->command' '*:: :->arguments'\n  case $state in\n    command)\n      " +
         "commands=(" + commands + "\n      )\n      _describe command commands\n      ;;\n" +
         "    arguments)\n      case $line[1] in\n" + branches +
         "      esac\n      ;;\n  esac\n}\n\n";
}

std::string zsh_script(const CLI::App& program) {
  const std::string& name = program.get_name();
  std::string script = "#compdef " + name + "\n# zsh completion of " + name +
                       ". Try it after compinit: source <(" + name + " completion zsh)\n\n";
  for (const Node& node : nodes_of(program)) script += zsh_function(node);
  std::string function = "_" + name;
  replace_all(function, "-", "_");
  return script + "if [[ $funcstack[1] == " + function + " ]]; then\n  " + function +
         " \"$@\"\nelse\n  compdef " + function + " " + name + "\nfi\n";
}

std::string fish_condition(const Node& node) {
  if (node.path.size() == 1) return "__fish_use_subcommand";
  std::string condition;
  for (size_t i = 1; i < node.path.size(); ++i) {
    condition += (i > 1 ? "; and " : "") + ("__fish_seen_subcommand_from " + node.path[i]);
  }
  std::string deeper;
  for (const CLI::App* sub : visible_subcommands(*node.app)) deeper += " " + sub->get_name();
  return condition + (deeper.empty() ? "" : "; and not __fish_seen_subcommand_from" + deeper);
}

// " -r -F" for files, " -x -a 'a b'" for words, " -x" for a value that cannot be guessed.
std::string fish_value(const OptionText& text) {
  if (!text.choices.empty()) return " -x -a " + quoted(join(text.choices, ' '), "\\'");
  if (contains(text.value, kFile)) return " -r -F";
  if (contains(text.value, kDirectory)) return " -x -a '(__fish_complete_directories)'";
  return text.value.empty() ? "" : " -x";
}

std::string fish_script(const CLI::App& program) {
  const std::string& name = program.get_name();
  std::string script = "# fish completion of " + name + ". Try it: " + name +
                       " completion fish | source\ncomplete -c " + name + " -f\n";
  for (const Node& node : nodes_of(program)) {
    const std::string line = "complete -c " + name + " -n " + quoted(fish_condition(node), "\\'");
    for (const CLI::App* sub : visible_subcommands(*node.app)) {
      script +=
          line + " -a " + sub->get_name() + " -d " + quoted(sub->get_description(), "\\'") + "\n";
    }
    for (const CLI::Option* option : visible_options(*node.app)) {
      const OptionText text = text_of(*option);
      const std::string description = " -d " + quoted(option->get_description(), "\\'");
      if (!text.name.empty()) {
        script += line + " -l " + text.name.substr(2) + fish_value(text) + description + "\n";
      }
      if (text.operand.empty()) continue;
      if (contains(text.value, kFile)) script += line + " -F\n";
      if (!text.choices.empty() || text.value == kDirectory)
        script += line + fish_value(text) + "\n";
    }
  }
  return script;
}

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> shells = {"bash", "zsh", "fish"};
  return shells;
}

std::string completion_script(const CLI::App& program, const std::string& shell) {
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return bash_script(program);
}

}  // namespace barker

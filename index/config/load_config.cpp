#include "index/config/load_config.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "index/config/keys.h"
#include "index/config/plugin_table.h"
#include "index/config/values.h"
#include "models/base/file_bytes.h"
#include "models/base/toml_text.h"
#include "models/text/probably_meant.h"

namespace barker {
namespace {

constexpr size_t kMaxConfiguration = 1 << 20;  // bytes
constexpr size_t kMaxToken = 4096;             // bytes

std::vector<std::string_view> names_of_keys(std::string_view table) {
  std::vector<std::string_view> names;
  for (const Key& key : config_keys()) {
    if (table.empty()) names.push_back(key.name);
    if (key.table() == table) names.push_back(key.leaf());
  }
  return names;
}

std::vector<std::string_view> names_of_tables() {
  std::vector<std::string_view> names = {"plugin"};
  for (const ConfigTable& table : config_tables()) names.push_back(table.name);
  return names;
}

std::string did_you_mean(const std::string& name) {
  return name.empty() ? "" : "; did you mean " + name + "?";
}

// The full name of the key that was probably meant by `leaf` in `table`: one of that table, or the
// only one of that name in another table.
std::string suggest_key(std::string_view table, std::string_view leaf) {
  const std::string_view near = probably_meant(leaf, names_of_keys(table));
  if (!near.empty()) return std::string(table) + "." + std::string(near);
  std::string other;
  for (const Key& key : config_keys()) {
    if (key.leaf() != leaf && key.alias != leaf) continue;
    if (!other.empty()) return {};
    other = key.name;
  }
  return other;
}

// "line 12: PROBLEM", as parse_toml() says it.
ConfigProblem syntax_problem(const std::string& file, const std::string& message) {
  constexpr std::string_view kLine = "line ";
  const size_t colon = message.find(": ");
  if (!message.starts_with(kLine) || colon == std::string::npos) return {file, message};
  return {file + ":" + message.substr(kLine.size(), colon - kLine.size()),
          message.substr(colon + 2)};
}

// Whether a path is that of a directory or leads into it, through symbolic links, too.
bool is_inside(const std::string& path, const std::string& directory) {
  namespace fs = std::filesystem;
  const auto canonical = [](const std::string& text) {
    std::error_code error;
    const fs::path absolute = fs::absolute(text, error);
    const fs::path found = fs::weakly_canonical(absolute, error);
    const fs::path normal = (error ? absolute : found).lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
  };
  const fs::path inner = canonical(path), outer = canonical(directory);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

// Reads the three sources in turn and collects what is wrong.
class Reader {
 public:
  Reader(const std::string& file, LoadedConfig& loaded) : file_(file), loaded_(loaded) {
    if (file.empty()) return;
    directory_ = std::filesystem::path(file).parent_path().string();
  }

  void read_file(const toml::table& table) {
    for (const auto& [name, node] : table) {
      const std::string table_name(name.str());
      if (table_name == "plugin") {
        read_plugin(node);
      } else if (std::ranges::find(config_tables(), table_name, &ConfigTable::name) ==
                 config_tables().end()) {
        unknown_table(table_name, node);
      } else if (!node.is_table()) {
        add(node, table_name + ": expected a table, [" + table_name + "]");
      } else {
        read_table(table_name, *node.as_table());
      }
    }
    // toml++ sorts by name, people read by line.
    std::ranges::stable_sort(lines_, {}, &Line::number);
    for (Line& line : lines_) loaded_.problems.push_back(std::move(line.problem));
  }

  void read_variables(const ConfigTexts& variables) {
    replace_token([&](const Key& key) { return variables.contains(key.variable()); });
    for (const auto& variable : variables) {
      const auto& [name, text] = variable;
      const auto keys = config_keys();
      const auto key =
          std::ranges::find_if(keys, [&](const Key& k) { return k.variable() == variable.first; });
      if (key != keys.end()) {
        set(*key, text, name);
      } else {
        unknown_variable(name);
      }
    }
  }

  void read_flags(const ConfigTexts& flags) {
    replace_token([&](const Key& key) { return flags.contains(key.name); });
    for (const auto& [name, text] : flags) {
      const Key* key = find_key(name);
      if (key) {
        // The message names the flag as help does; a key with a short name has two.
        set(*key, text, "--" + (key->alias.empty() ? key->flag() : std::string(key->alias)));
      } else {
        loaded_.problems.push_back({"--" + name, "no such key"});
      }
    }
  }

  // Reads the file of the administrator's token. A token and a file from the same source contradict
  // each other; a later source replaces both.
  void read_token() {
    ServerConfig& server = loaded_.config.server;
    if (server.admin_token_file.empty()) return;
    if (!server.admin_token.empty()) {
      loaded_.problems.push_back(
          {"server.admin_token_file", "expected one of it and server.admin_token, found both"});
      return;
    }
    struct stat info {};
    if (stat(server.admin_token_file.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
      loaded_.problems.push_back(
          {"server.admin_token_file",
           server.admin_token_file + ": others may read or write it; expected mode 0600"});
      return;
    }
    Result<std::string> token = read_small_file(server.admin_token_file, kMaxToken);
    if (!token.ok()) {
      loaded_.problems.push_back({"server.admin_token_file", token.status().message()});
      return;
    }
    while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
    const Key& key = *find_key("server.admin_token");
    Status status = set_value(key, *token, "", loaded_.config);
    if (status.ok() && token->empty()) status = {Code::kBadConfiguration, "the file is empty"};
    if (!status.ok()) {
      loaded_.problems.push_back(
          {"server.admin_token_file", server.admin_token_file + ": " + status.message()});
    }
  }

  // Brokers get a copy of what the files get, so that without files they would get nothing.
  void check_log() {
    const LogConfig& log = loaded_.config.log;
    if (log.kafka_brokers.empty() || !log.directory.empty()) return;
    loaded_.problems.push_back(
        {"log.kafka_brokers",
         "expected log.directory beside it, whose events the brokers get as well, found none"});
  }

  // A new index takes the place of the directory of the old one, with all that is in it.
  void check_places() {
    const std::string& index = loaded_.config.index.path;
    if (index.empty()) return;
    for (const Key& key : config_keys()) {
      if (key.name == "index.path") continue;
      for (const std::string& path : paths_of(key, loaded_.config)) {
        if (!is_inside(path, index)) continue;
        loaded_.problems.push_back(
            {std::string(key.name), path + ": lies in the directory index.path, " + index +
                                        ", which a new index replaces; expected another place"});
      }
    }
  }

 private:
  struct Line {
    size_t number;
    ConfigProblem problem;
  };

  void add(const toml::node& node, const std::string& text) {
    const size_t line = node.source().begin.line;
    lines_.push_back({line, {file_ + ":" + std::to_string(line), text}});
  }

  void read_table(const std::string& table_name, const toml::table& table) {
    for (const auto& [leaf, node] : table) {
      const std::string name = table_name + "." + std::string(leaf.str());
      const Key* key = find_key(name);
      if (!key) {
        add(node, name + ": no such key" + did_you_mean(suggest_key(table_name, leaf.str())));
      } else if (Status s = set_value(*key, node, directory_, loaded_.config); !s.ok()) {
        add(node, name + ": " + s.message());
      }
    }
  }

  void read_plugin(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (!table || table->is_inline()) {
      add(node, "plugin: expected a table, [plugin], with a key a line");
      return;
    }
    loaded_.config.plugin = plugin_text(*table);
  }

  void unknown_table(const std::string& name, const toml::node& node) {
    std::string meant;
    if (!node.is_table()) {
      meant = suggest_key("", name);
      if (meant.empty()) meant = probably_meant(name, names_of_keys(""));
    } else if (const auto near = probably_meant(name, names_of_tables()); !near.empty()) {
      meant = "[" + std::string(near) + "]";
    }
    add(node, name + (node.is_table() ? ": no such table" : ": no such key") + did_you_mean(meant));
  }

  // BARKER_PLUGIN_WINDOW, but not what Kubernetes sets where a service is called "barker-plugin".
  static bool is_of_the_plugin(std::string_view name) {
    constexpr std::string_view kPlugin = "BARKER_PLUGIN_";
    if (!name.starts_with(kPlugin)) return false;
    const std::string_view rest = name.substr(kPlugin.size());
    return rest != "PORT" && !rest.starts_with("PORT_") && !rest.starts_with("SERVICE_");
  }

  // Other programs have variables of such names, too: where a service is called "barker",
  // Kubernetes sets BARKER_PORT and more. So only what resembles a key is taken for a mistake.
  void unknown_variable(const std::string& name) {
    std::vector<std::string> names;
    for (const Key& key : config_keys()) names.push_back(key.variable());
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string meant(probably_meant(name, views));
    if (!meant.empty()) {
      loaded_.problems.push_back({name, "no such variable" + did_you_mean(meant)});
    } else if (is_of_the_plugin(name)) {
      loaded_.problems.push_back({name,
                                  "no such variable; keys of the plugin are set in the table "
                                  "[plugin] of the file alone"});
    }
  }

  // The token and its file are one setting, of which a later source replaces both.
  void replace_token(const std::function<bool(const Key&)>& is_given) {
    ServerConfig& server = loaded_.config.server;
    const auto is_one = [&](std::string_view name) { return is_given(*find_key(name)); };
    if (!is_one("server.admin_token") && !is_one("server.admin_token_file")) return;
    server.admin_token.clear();
    server.admin_token_file.clear();
  }

  void set(const Key& key, const std::string& text, const std::string& where) {
    if (Status s = set_value(key, text, "", loaded_.config); !s.ok()) {
      loaded_.problems.push_back({where, s.message()});
    }
  }

  const std::string file_;
  std::string directory_;
  LoadedConfig& loaded_;
  std::vector<Line> lines_;
};

}  // namespace

ConfigTexts config_variables(const char* const* environment) {
  ConfigTexts found;
  for (; *environment; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (!entry.starts_with("BARKER_") || equals == std::string_view::npos) continue;
    found.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return found;
}

Result<LoadedConfig> read_config(const std::string& file, const ConfigTexts& variables,
                                 const ConfigTexts& flags) {
  LoadedConfig loaded;
  Reader reader(file, loaded);
  if (!file.empty()) {
    const Result<std::string> text = read_small_file(file, kMaxConfiguration);
    if (!text.ok()) return text.status();
    const Result<toml::table> table = parse_toml(*text);
    if (table.ok()) {
      reader.read_file(*table);
    } else {
      loaded.problems.push_back(syntax_problem(file, table.status().message()));
    }
  }
  reader.read_variables(variables);
  reader.read_flags(flags);
  reader.read_token();
  reader.check_log();
  reader.check_places();
  return loaded;
}

Result<ServiceConfig> load_config(const std::string& file, const ConfigTexts& variables,
                                  const ConfigTexts& flags) {
  Result<LoadedConfig> loaded = read_config(file, variables, flags);
  if (!loaded.ok()) return loaded.status();
  if (loaded->problems.empty()) return std::move(loaded->config);
  std::string message;
  for (const ConfigProblem& problem : loaded->problems) {
    message += (message.empty() ? "" : "; ") + problem.where + ": " + problem.text;
  }
  return Status(Code::kBadConfiguration, message);
}

}  // namespace barker

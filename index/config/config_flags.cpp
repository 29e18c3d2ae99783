#include "index/config/config_flags.h"

#include "index/config/keys.h"
#include "index/config/values.h"
#include "models/command/options.h"

namespace barker {
namespace {

std::string group_of(const Key& key) {
  std::string group(key.table());
  group[0] = static_cast<char>(group[0] & ~0x20);
  return group;
}

const char* type_of(const Key& key) {
  switch (key.kind) {
    case KeyKind::kPath:
      return key.name == "weights.path"                                ? kFileOrDirectory
             : key.name == "index.path" || key.name == "log.directory" ? kDirectory
                                                                       : kFile;
    case KeyKind::kAddress:
      return "ADDRESS:PORT";
    case KeyKind::kTimeZone:
      return "ZONE";
    case KeyKind::kStore:
      return "STORE";
    case KeyKind::kDuration:
      return "DURATION";
    case KeyKind::kSize:
      return "BYTES";
    case KeyKind::kInteger:
    case KeyKind::kNumber:
      return "N";
    default:
      return "TEXT";
  }
}

// The default without the quotes of the file.
std::string default_of(const Key& key) {
  std::string text = value_text(key, ServiceConfig{});
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

// A key with a short name has two flags, of which the help shows one option.
void add_flag(CLI::App& command, const Key& key, ConfigFlags& flags) {
  const std::string names =
      (key.alias.empty() ? "" : "--" + std::string(key.alias) + ",") + "--" + key.flag();
  const auto set = [&flags, &key](const std::string& text) {
    flags.texts[std::string(key.name)] = text;
  };
  std::string about(key.about);
  about.pop_back();  // help ends its lines without a full stop
  if (key.kind == KeyKind::kSwitch) {
    const std::string help = about + "; =false switches it off";
    command.add_flag(names, help)->each(set)->group(group_of(key));
    return;
  }
  CLI::Option* option =
      command.add_option_function<std::string>(names, set, about)->group(group_of(key));
  option->default_str(default_of(key));
  if (key.kind == KeyKind::kChoice) {
    one_of(option, {key.choices.begin(), key.choices.end()});
  } else {
    option->type_name(type_of(key));
  }
}

}  // namespace

void add_config_flags(CLI::App& command, ConfigFlags& flags) {
  command
      .add_option(
          "--config", flags.file,
          "Configuration, as `barker config init` writes it; the options below come before it")
      ->type_name(kFile)
      ->group(kInput);
  for (const Key& key : config_keys()) {
    if (key.kind == KeyKind::kSecret) continue;
    add_flag(command, key, flags);
  }
}

Result<ServiceConfig> load_config(const ConfigFlags& flags, const char* const* environment) {
  ConfigTexts variables = config_variables(environment);
  std::string file = flags.file;
  if (const auto named = variables.find("BARKER_CONFIG"); named != variables.end()) {
    if (file.empty()) file = named->second;
    variables.erase(named);
  }
  return load_config(file, variables, flags.texts);
}

}  // namespace barker

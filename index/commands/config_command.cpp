// config: writes a commented configuration of the service, and says all that is wrong in one.
#include <CLI/App.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/config/config_text.h"
#include "index/config/load_config.h"
#include "index/config/plugin_table.h"
#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

struct ConfigFileFlags {
  std::string out = "-", file, plugin;
  bool force = false;
};

Result<int> init(const ConfigFileFlags& o) {
  std::error_code error;
  if (!o.force && std::filesystem::is_regular_file(o.out, error)) {
    return invalid_argument(o.out + ": exists; --force replaces it");
  }
  OutputFile out(o.out);
  out.write(commented_config());
  if (Status s = out.close(); !s.ok()) return s;
  return kExitOk;
}

// Whether a plugin can be made with this text.
Status create_plugin(const barker_api& api, const std::string& text) {
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  barker_plugin* plugin = nullptr;
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = api.create(&host, {text.data(), text.size()}, &plugin, error);
  if (code != BARKER_OK) return plugin_error(code, error);
  api.destroy(plugin);
  return {};
}

Result<int> check(const ConfigFileFlags& o) {
  Result<LoadedConfig> loaded = read_config(o.file, {}, {});
  if (!loaded.ok()) return loaded.status();
  std::string library = o.plugin.empty() ? loaded->config.server.plugin_library : o.plugin;
  if (library.empty()) library = default_plugin_path();
  const Result<const barker_api*> api = load_plugin(library);
  if (!api.ok()) return api.status();
  for (ConfigProblem& problem :
       check_plugin_text(loaded->config.plugin, o.file,
                         [&api](const std::string& text) { return create_plugin(**api, text); })) {
    loaded->problems.push_back(std::move(problem));
  }
  for (const ConfigProblem& problem : loaded->problems) {
    std::cerr << visible(problem.where) << ": " << visible(problem.text) << "\n";
  }
  if (!loaded->problems.empty()) return kExitBadConfiguration;
  std::cout << visible(o.file) << ": all keys and values are right\n";
  return kExitOk;
}

}  // namespace

Command add_config_command(CLI::App& app) {
  const auto o = std::make_shared<ConfigFileFlags>();
  CLI::App* command =
      add_subcommand(app, "config", "Write or check the configuration of `barker serve`");
  command->require_subcommand(1);
  CLI::App* init_command =
      add_subcommand(*command, "init", "Write a commented file with every key and its default");
  init_command->add_option("--out", o->out, "File to write; - is standard output")
      ->type_name(kFile)
      ->group(kOutput);
  init_command->add_flag("--force", o->force, "Replace the file if it exists")->group(kOutput);
  CLI::App* check_command =
      add_subcommand(*command, "check", "Say all that is wrong in a file, with line numbers");
  check_command->add_option("file,--config", o->file, "The configuration")
      ->required()
      ->type_name(kFile);
  check_command->add_option("--plugin", o->plugin, "libbarker.so, which checks its own table")
      ->type_name(kFile)
      ->default_str("as configured, or beside this command")
      ->group(kModel);
  return [o, init_command] { return init_command->parsed() ? init(*o) : check(*o); };
}

}  // namespace barker

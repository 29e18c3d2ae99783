// barker-train: makes data, trains models, freezes them.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app("barker-train: from click logs to frozen weights");
  app.set_version_flag("--version", "barker-train " BARKER_VERSION);
  app.require_subcommand(1);
  const std::pair<const char*, barker::Command> commands[] = {
      {"generate", barker::add_generate_command(app)},
      {"import", barker::add_import_command(app)},
      {"validate", barker::add_validate_command(app)},
      {"prepare", barker::add_prepare_command(app)},
      {"convert", barker::add_convert_command(app)},
      {"train", barker::add_train_command(app)},
      {"freeze", barker::add_freeze_command(app)},
      {"config", barker::add_config_command(app)},
      {"evaluate", barker::add_evaluate_command(app)},
      {"compare", barker::add_compare_command(app)},
      {"gate", barker::add_gate_command(app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? barker::kExitOk : barker::kExitUsage;
  }
  try {
    for (const auto& [name, run] : commands) {
      if (app.got_subcommand(name)) return run();
    }
  } catch (const std::exception& e) {
    std::cerr << "barker-train: " << e.what() << "\n";
    return barker::kExitUnavailable;
  }
  return barker::kExitUsage;
}

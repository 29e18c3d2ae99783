// generate: the demo's marketplace, so that the demo needs no trainer.
#include "index/commands/commands.h"
#include "models/command/options.h"
#include "models/simulate/marketplace_command.h"

namespace barker {

Command add_generate_command(CLI::App& app) {
  CLI::App* command = add_subcommand(app, "generate", "Generate a marketplace to try things on");
  command->require_subcommand(1);
  return add_marketplace_command(*command);
}

}  // namespace barker

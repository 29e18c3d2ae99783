// `generate marketplace`, a subcommand of both barker and barker-train.
#pragma once

#include "models/command/program.h"

namespace barker {

// Adds "marketplace" to the subcommand `generate` and returns what runs it.
Command add_marketplace_command(CLI::App& generate);

}  // namespace barker

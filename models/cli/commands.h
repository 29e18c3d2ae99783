// The commands of `barker-train`, one unit each, like those of `barker` (index/commands/commands.h).
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace barker {

using Command = std::function<int()>;

Command add_generate_command(CLI::App& app);
Command add_import_command(CLI::App& app);
Command add_validate_command(CLI::App& app);
Command add_prepare_command(CLI::App& app);
Command add_convert_command(CLI::App& app);
Command add_train_command(CLI::App& app);
Command add_freeze_command(CLI::App& app);
Command add_config_command(CLI::App& app);
Command add_evaluate_command(CLI::App& app);
Command add_compare_command(CLI::App& app);
Command add_gate_command(CLI::App& app);

}  // namespace barker

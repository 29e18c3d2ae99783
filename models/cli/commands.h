// The subcommands of `barker-train`, one source file for each or for a few that belong together.
// Each function adds one subcommand to the application and returns what runs it (see
// models/command/program.h).
#pragma once

#include "models/command/program.h"

namespace barker {

Command add_generate_command(CLI::App& app);
Command add_import_command(CLI::App& app);
Command add_join_command(CLI::App& app);
Command add_validate_command(CLI::App& app);
Command add_prepare_command(CLI::App& app);
Command add_convert_command(CLI::App& app);
Command add_train_command(CLI::App& app);
Command add_sweep_command(CLI::App& app);
Command add_tune_command(CLI::App& app);
Command add_quantize_command(CLI::App& app);
Command add_extend_command(CLI::App& app);
Command add_config_command(CLI::App& app);
Command add_evaluate_command(CLI::App& app);
Command add_compare_command(CLI::App& app);
Command add_unseen_command(CLI::App& app);
Command add_replay_command(CLI::App& app);
Command add_train_titles_command(CLI::App& app);
Command add_evaluate_titles_command(CLI::App& app);
Command add_show_command(CLI::App& app);
Command add_gate_command(CLI::App& app);
Command add_import_weights_command(CLI::App& app);
Command add_export_command(CLI::App& app);

}  // namespace barker

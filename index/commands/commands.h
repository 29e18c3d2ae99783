// The subcommands of `barker`, one source file for each or for a few that belong together. Each
// function adds one subcommand to the application and returns what runs it (see
// models/command/program.h).
#pragma once

#include "models/command/program.h"

namespace barker {

Command add_index_command(CLI::App& app);
Command add_check_command(CLI::App& app);
Command add_rules_command(CLI::App& app);
Command add_mine_command(CLI::App& app);
Command add_search_command(CLI::App& app);
Command add_titles_command(CLI::App& app);
Command add_serve_command(CLI::App& app);
Command add_import_command(CLI::App& app);
Command add_inspect_command(CLI::App& app);
Command add_verify_command(CLI::App& app);
Command add_publish_command(CLI::App& app);
Command add_rollback_command(CLI::App& app);
Command add_versions_command(CLI::App& app);
Command add_prune_command(CLI::App& app);
Command add_promote_command(CLI::App& app);
Command add_unlabel_command(CLI::App& app);
Command add_profiles_command(CLI::App& app);
Command add_admin_command(CLI::App& app);
Command add_keygen_command(CLI::App& app);
Command add_sign_command(CLI::App& app);
Command add_delta_command(CLI::App& app);
Command add_apply_command(CLI::App& app);
Command add_generate_command(CLI::App& app);
Command add_simulate_command(CLI::App& app);
Command add_loop_command(CLI::App& app);
Command add_abtest_command(CLI::App& app);
Command add_off_policy_command(CLI::App& app);
Command add_log_command(CLI::App& app);
Command add_config_command(CLI::App& app);

}  // namespace barker

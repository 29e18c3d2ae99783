// The commands of `barker`, one unit each. Each adds its options to the application and returns
// what runs when it was named; that returns an exit code.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace barker {

using Command = std::function<int()>;

Command add_index_command(CLI::App& app);
Command add_search_command(CLI::App& app);
Command add_inspect_command(CLI::App& app);
Command add_verify_command(CLI::App& app);
Command add_publish_command(CLI::App& app);
Command add_rollback_command(CLI::App& app);
Command add_versions_command(CLI::App& app);
Command add_prune_command(CLI::App& app);
Command add_keygen_command(CLI::App& app);
Command add_promote_command(CLI::App& app);
Command add_unlabel_command(CLI::App& app);
Command add_sign_command(CLI::App& app);
Command add_admin_command(CLI::App& app);

}  // namespace barker

// barker: an ad search engine on Lucene++ that loads the rescoring plugin.
#include <string_view>

#include "index/commands/commands.h"
#include "index/commands/hangup.h"

int main(int argc, char** argv) {
  // A reload may follow right behind the start of a server, while the words and the configuration
  // are read, and SIGHUP ends a process that has not blocked it.
  if (argc > 1 && std::string_view(argv[1]) == "serve") barker::block_hangup();
  return barker::run_program(
      {"barker",
       BARKER_VERSION,
       "barker: sponsored search with personalised selling points",
       {barker::add_index_command,      barker::add_search_command,   barker::add_import_command,
        barker::add_mine_command,       barker::add_check_command,    barker::add_rules_command,
        barker::add_inspect_command,    barker::add_verify_command,   barker::add_publish_command,
        barker::add_rollback_command,   barker::add_promote_command,  barker::add_unlabel_command,
        barker::add_versions_command,   barker::add_prune_command,    barker::add_admin_command,
        barker::add_profiles_command,   barker::add_keygen_command,   barker::add_sign_command,
        barker::add_generate_command,   barker::add_serve_command,    barker::add_log_command,
        barker::add_config_command,     barker::add_titles_command,   barker::add_abtest_command,
        barker::add_off_policy_command, barker::add_simulate_command, barker::add_loop_command,
        barker::add_delta_command,      barker::add_apply_command}},
      argc, argv);
}

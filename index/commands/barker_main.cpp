// barker: an ad search engine on Lucene++ that loads the rescoring plugin.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"

int main(int argc, char** argv) {
  CLI::App app("barker: sponsored search with personalised selling points");
  app.set_version_flag("--version", "barker " BARKER_VERSION);
  app.require_subcommand(1);
  const std::pair<const char*, barker::Command> commands[] = {
      {"index", barker::add_index_command(app)},
      {"search", barker::add_search_command(app)},
      {"inspect", barker::add_inspect_command(app)},
      {"verify", barker::add_verify_command(app)},
      {"publish", barker::add_publish_command(app)},
      {"rollback", barker::add_rollback_command(app)},
      {"versions", barker::add_versions_command(app)},
      {"prune", barker::add_prune_command(app)},
      {"promote", barker::add_promote_command(app)},
      {"unlabel", barker::add_unlabel_command(app)},
      {"admin", barker::add_admin_command(app)},
      {"keygen", barker::add_keygen_command(app)},
      {"sign", barker::add_sign_command(app)},
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
    std::cerr << "barker: " << barker::visible(e.what()) << "\n";
    return barker::kExitUnavailable;
  }
  return barker::kExitUsage;
}

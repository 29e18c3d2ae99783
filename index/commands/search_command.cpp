#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "index/commands/hangup.h"
#include "index/commands/print.h"
#include "index/commands/search_queries.h"
#include "index/engine/engine_session.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

struct Options {
  EngineOptions engine;
  std::string config_file, users, user, queries, query;
  std::vector<std::string> user_keywords, groups;
  size_t limit = 10, threads = 1;
  bool json = false, explain = false;
};

// The user of --users and --user, or of --user-keywords and --group.
Result<Profile> find_user(const Options& options) {
  Profile profile;
  if (!options.users.empty()) {
    BadLines bad;
    const auto profiles = read_profiles(options.users, bad);
    if (!profiles.ok()) return profiles.status();
    std::cerr << bad.report(options.users);
    const auto found = profiles->find(options.user);
    if (found != profiles->end()) {
      profile = found->second;
    } else {
      std::cerr << "barker search: user \"" << visible(options.user) << "\" is not in "
                << visible(options.users) << ": searching as a stranger\n";
    }
  }
  profile.user = options.user;
  if (!options.user_keywords.empty()) profile.keywords = options.user_keywords;
  for (const std::string& group : options.groups) {
    const size_t equals = group.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid_argument("--group: expected NAME=TOKEN,TOKEN, found \"" + group + "\"");
    }
    std::vector<std::string> tokens;
    std::istringstream in(group.substr(equals + 1));
    for (std::string token; std::getline(in, token, ',');) tokens.push_back(token);
    profile.groups.emplace_back(group.substr(0, equals), std::move(tokens));
  }
  return profile;
}

Result<std::string> configuration(const Options& options) {
  if (!options.config_file.empty()) {
    std::ifstream in(options.config_file);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return not_found(options.config_file + ": cannot be read");
    return text.str();
  }
  // JSON goes to programs, which render HTML. The table goes to people at a terminal.
  if (options.json) return std::string();
  return std::string(isatty(STDOUT_FILENO)
                         ? "[title]\nformat = \"ansi\"\n"
                         : "[title]\nformat = \"plain\"\nopen = \"[\"\nclose = \"]\"\n");
}

int run(Options& options) {
  Result<std::string> config = configuration(options);
  if (!config.ok()) return fail("search", config.status());
  options.engine.config = *config;
  if (options.engine.plugin.empty()) options.engine.plugin = default_plugin_path();
  const Result<Profile> user = find_user(options);
  if (!user.ok()) return fail("search", user.status());
  if (!options.queries.empty()) block_hangup();  // before the engine starts threads
  Result<std::unique_ptr<Engine>> engine = Engine::open(options.engine);
  if (!engine.ok()) return fail("search", engine.status());

  const auto format = [&options](const SearchResult& page) {
    std::ostringstream out;
    if (options.json) {
      print_json(page, options.limit, out);
    } else {
      print_table(page, options.limit, out);
    }
    return out.str();
  };
  if (options.queries.empty()) {
    const Result<SearchResult> page =
        EngineSession(**engine).search(options.query, *user, options.explain);
    if (!page.ok()) return fail("search", page.status());
    std::cout << format(*page);
    return kExitOk;
  }
  const HangupListener hangups([&engine] { (*engine)->reload(); });
  const bool interactive = options.queries == "-";
  const auto print = [interactive](const std::string& answer) {
    std::cout << answer;
    if (interactive) std::cout.flush();
  };
  const Status searched = search_queries(
      **engine, *user, {options.queries, options.threads, options.explain, format, print});
  return searched.ok() ? static_cast<int>(kExitOk) : fail("search", searched);
}

}  // namespace

Command add_search_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("search", "Search an index; the plugin rescores and rewrites");
  command->add_option("--index", options->engine.index, "Directory of `barker index`")->required();
  command->add_option("--weights", options->engine.watched.weights,
                      "Weight file, or directory with CURRENT; absent: no rescoring");
  command->add_option("--plugin", options->engine.plugin,
                      "libbarker.so; default: beside this command");
  command->add_option("--rules", options->engine.watched.rules,
                      "TOML of what may not be shown (plugin/rules.h); read again when it changes");
  command->add_flag("--watch", options->engine.watch,
                    "Load the weights again when CURRENT, label.canary or the file changes; with "
                    "--queries");
  command->add_option("--admin", options->engine.admin,
                      "Unix socket to answer `barker admin` on; with --queries");
  command
      ->add_option("--probation", options->engine.watched.probation_seconds,
                   "Seconds for which new weights are on probation")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--most-failures", options->engine.watched.most_failures,
                   "Share of failed queries beyond which weights on probation are taken back")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--slowest", options->engine.watched.slowest,
                   "Multiple of the former p99 beyond which weights on probation are taken back; "
                   "0: never")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--config", options->config_file, "TOML configuration of the plugin");
  command->add_option("--users", options->users, "Profiles, JSON Lines");
  command->add_option("--user", options->user, "Id of the user");
  command
      ->add_option("--user-keywords", options->user_keywords,
                   "Keywords of recent clicks, newest first")
      ->delimiter(',');
  command->add_option("--group", options->groups,
                      "Features of the user or query: NAME=TOKEN,TOKEN");
  command->add_option("--candidates", options->engine.limit, "Ads of the first pass")
      ->check(CLI::Range(1, BARKER_MAX_ADS));
  command->add_option("--limit", options->limit, "Ads to print")->check(CLI::Range(0, 100000));
  CLI::Option* queries = command->add_option("--queries", options->queries,
                                             "File with one query a line; - for standard input");
  command
      ->add_option("--threads", options->threads,
                   "Threads that answer the queries; the answers keep the order of the queries")
      ->check(CLI::Range(1, 1024))
      ->needs(queries);
  command->add_option("query", options->query, "The query")->excludes(queries);
  command->add_flag("--json", options->json, "One JSON object a query");
  command->add_flag("--explain", options->explain, "Say why");
  return [options] { return run(*options); };
}

}  // namespace barker

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "index/commands/print.h"
#include "index/engine/engine.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

struct Options {
  EngineOptions engine;
  std::string config_file, users, user, queries, query;
  std::vector<std::string> user_keywords, groups;
  size_t limit = 10;
  bool json = false, explain = false;
};

std::atomic<Engine*> running{nullptr};  // what SIGHUP asks to look again

// No longer than the engine lives, however the queries end.
struct TakesSighup {
  explicit TakesSighup(Engine& engine) {
    running = &engine;
    std::signal(SIGHUP, [](int) {
      if (Engine* e = running) e->reload();
    });
  }
  ~TakesSighup() { running = nullptr; }
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
  // JSON is for programs that render HTML; people have a terminal.
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
  Result<std::unique_ptr<Engine>> engine = Engine::open(options.engine);
  if (!engine.ok()) return fail("search", engine.status());

  const auto answer = [&](const std::string& query) {
    const Result<SearchResult> result = (*engine)->search(query, *user, options.explain);
    if (!result.ok()) return fail("search", result.status());
    if (options.json) {
      print_json(*result, options.limit, std::cout);
    } else {
      print_table(*result, options.limit, std::cout);
    }
    return static_cast<int>(kExitOk);
  };
  if (options.queries.empty()) return answer(options.query);
  const TakesSighup takes_sighup(**engine);
  if (options.queries == "-") {
    for (std::string line; std::getline(std::cin, line);) {
      if (const int code = answer(line); code != kExitOk) return code;
      std::cout.flush();
    }
    return kExitOk;
  }
  Result<LineReader> lines = LineReader::open(options.queries);
  if (!lines.ok()) return fail("search", lines.status());
  std::string_view line;
  while (lines->next(line)) {
    if (const int code = answer(std::string(line)); code != kExitOk) return code;
  }
  return lines->status().ok() ? static_cast<int>(kExitOk) : fail("search", lines->status());
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
                   "Seconds in which new weights may still be taken back")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--most-failures", options->engine.watched.most_failures,
                   "Share of failed queries beyond which they are")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--slowest", options->engine.watched.slowest,
                   "Times the p99 before them beyond which they are; 0: never")
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
  command->add_option("query", options->query, "The query")->excludes(queries);
  command->add_flag("--json", options->json, "One JSON object a query");
  command->add_flag("--explain", options->explain, "Say why");
  return [options] { return run(*options); };
}

}  // namespace barker

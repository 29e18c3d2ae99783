#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <sstream>

#include "index/commands/commands.h"
#include "index/commands/hangup.h"
#include "index/commands/print.h"
#include "index/commands/search_queries.h"
#include "index/engine/engine_session.h"
#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/command/options.h"
#include "models/text/group_name.h"
#include "models/text/text.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

constexpr size_t kMaxConfiguration = 1 << 20;  // bytes

struct SearchFlags {
  EngineOptions engine;
  std::string config_file, users, user, queries, query;
  std::vector<std::string> user_keywords, groups;
  SearchOptions search;
  size_t limit = 10, threads = 1;
  bool json = false;
};

// The user of --users and --user, or of --user-keywords and --group.
Result<Profile> find_user(const SearchFlags& options) {
  Profile profile;
  if (!options.users.empty()) {
    BadLines bad;
    const auto profiles = read_profiles(options.users, bad);
    if (!profiles.ok()) return profiles.status();
    std::cerr << visible_lines(bad.report(options.users));
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
    if (equals == std::string::npos || !is_group_name(group.substr(0, equals))) {
      return invalid_argument("--group: expected NAME=TOKEN,TOKEN, found \"" + group + "\"");
    }
    std::vector<std::string> tokens;
    std::istringstream in(group.substr(equals + 1));
    for (std::string token; std::getline(in, token, ',');) tokens.push_back(token);
    profile.groups.emplace_back(group.substr(0, equals), std::move(tokens));
  }
  return profile;
}

Result<std::string> configuration(const SearchFlags& options) {
  if (!options.config_file.empty()) return read_small_file(options.config_file, kMaxConfiguration);
  // JSON goes to programs, which render HTML. The table goes to people at a terminal.
  if (options.json) return std::string();
  return std::string(isatty(STDOUT_FILENO)
                         ? "[title]\nformat = \"ansi\"\n"
                         : "[title]\nformat = \"plain\"\nopen = \"[\"\nclose = \"]\"\n");
}

// Says once, on standard error, that a page shows no selling point at all. [any thread]
class NoSellingPointNote {
 public:
  explicit NoSellingPointNote(const SearchFlags& options) : options_(options) {}

  void see(const SearchResult& page) {
    if (page.ads.empty() || page.status != "rescored") return;
    if (!std::ranges::all_of(page.ads, [](const AdShown& ad) { return ad.selling_points.empty(); }))
      return;
    if (said_.exchange(true)) return;
    std::cerr << "barker search: no ad on the page for \"" + visible(page.query) +
                     "\" shows a selling point; barker check --index " +
                     visible(options_.engine.index) + " --weights " +
                     visible(options_.engine.watched.weights) + " says why\n";
  }

 private:
  const SearchFlags& options_;
  std::atomic<bool> said_ = false;
};

// Says on standard error that titles were shown as without the surface that was asked for.
void note_unknown_surface(const Engine& engine, const SearchFlags& options) {
  if (engine.plugin_stats().unknown_surfaces == 0) return;
  std::cerr << "barker search: the configuration has no [title.profile." +
                   visible(options.search.surface) + "]: titles are as [title] says\n";
}

Result<int> run(SearchFlags& options) {
  if (options.queries.empty() && options.query.empty()) {
    return invalid_argument("QUERY is missing; --queries FILE answers many");
  }
  Result<std::string> config = configuration(options);
  if (!config.ok()) return config.status();
  options.engine.config = *config;
  options.engine.follow = options.engine.watch;
  if (options.engine.plugin.empty()) options.engine.plugin = default_plugin_path();
  const Result<Profile> user = find_user(options);
  if (!user.ok()) return user.status();
  if (!options.queries.empty()) block_hangup();  // before the engine starts threads
  Result<std::unique_ptr<Engine>> engine = Engine::open(options.engine);
  if (!engine.ok()) return engine.status();

  NoSellingPointNote note(options);
  const auto format = [&options, &note](const SearchResult& page) {
    note.see(page);
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
        EngineSession(**engine).search(options.query, *user, options.search);
    if (!page.ok()) return page.status();
    std::cout << format(*page);
    note_unknown_surface(**engine, options);
    return kExitOk;
  }
  const HangupListener hangups([&engine] { (*engine)->reload(); });
  const bool interactive = options.queries == "-";
  const auto print = [interactive](const std::string& answer) {
    std::cout << answer;
    if (interactive) std::cout.flush();
  };
  const Status searched = search_queries(
      **engine, *user, {options.queries, options.threads, options.search, format, print});
  if (!searched.ok()) return searched;
  note_unknown_surface(**engine, options);
  return kExitOk;
}

void add_serving_options(CLI::App& command, SearchFlags& o, CLI::Option* queries) {
  command
      .add_flag("--watch", o.engine.watch,
                "Load the weights again when CURRENT, the label canary or the file changes")
      ->needs(queries)
      ->group(kServing);
  command
      .add_option("--admin", o.engine.admin,
                  "Unix socket to create, on which `barker admin` is answered")
      ->needs(queries)
      ->type_name(kFile)
      ->group(kServing);
  command
      .add_option("--probation", o.engine.watched.probation_seconds,
                  "Seconds for which new weights are on probation")
      ->check(CLI::NonNegativeNumber)
      ->group(kServing);
  command
      .add_option("--most-failures", o.engine.watched.most_failures,
                  "Share of failed queries beyond which weights on probation are taken back")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kServing);
  command
      .add_option("--slowest", o.engine.watched.slowest,
                  "Multiple of the former p99 beyond which weights on probation are taken back, "
                  "where a rank test shows it at the level 1%; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->group(kServing);
  command
      .add_option("--threads", o.threads,
                  "Threads that answer the queries; the answers keep the order of the queries")
      ->check(CLI::Range(1, 1024))
      ->needs(queries)
      ->group(kServing);
}

void add_auction_options(CLI::App& command, SearchFlags& o) {
  command
      .add_option("--reserve", o.engine.auction.reserve,
                  "Least bid that takes part, and least price of a click")
      ->check(CLI::Range(0.0, BARKER_MAX_NUMBER))
      ->group(kAuction);
  CLI::Option* budgets =
      command
          .add_option(
              "--budgets", o.engine.auction.budgets,
              "File of what ads spent today, made if missing; ads out of budget take no part")
          ->type_name(kFile)
          ->group(kAuction);
  command
      .add_option("--time-zone", o.engine.auction.time_zone,
                  "Zone at whose midnight budgets are full again, such as Europe/Berlin")
      ->needs(budgets)
      ->type_name("ZONE")
      ->capture_default_str()
      ->group(kAuction);
}

void add_user_options(CLI::App& command, SearchFlags& o) {
  command.add_option("--users", o.users, "Profiles as JSON Lines (index/profiles/profiles.h)")
      ->type_name(kFile)
      ->group(kUser);
  command.add_option("--user", o.user, "Id of the user")->type_name("ID")->group(kUser);
  command
      .add_option("--user-keywords", o.user_keywords,
                  "Keywords of recent clicks, newest first, separated by commas")
      ->delimiter(',')
      ->type_name("WORDS")
      ->group(kUser);
  command
      .add_option("--group", o.groups,
                  "Features of the user or query, NAME=TOKEN,TOKEN; repeatable")
      ->type_name("GROUP")
      ->group(kUser);
}

void add_model_options(CLI::App& command, SearchFlags& o) {
  command
      .add_option(
          "--weights", o.engine.watched.weights,
          "Weight file, or weights directory for its CURRENT version; without it nothing is "
          "rescored")
      ->type_name(kFileOrDirectory)
      ->group(kModel);
  command.add_option("--config", o.config_file, "TOML configuration of the plugin")
      ->type_name(kFile)
      ->group(kModel);
  command
      .add_option(
          "--rules", o.engine.watched.rules,
          "TOML file of what must not be shown (plugin/rules.h); read again when it changes")
      ->type_name(kFile)
      ->group(kModel);
  command
      .add_option("--experiments", o.engine.watched.experiments,
                  "TOML file of experiments (plugin/experiments.h); read again when it changes")
      ->type_name(kFile)
      ->group(kModel);
  command.add_option("--plugin", o.engine.plugin, "libbarker.so")
      ->type_name(kFile)
      ->default_str("beside this command")
      ->group(kModel);
}

}  // namespace

Command add_search_command(CLI::App& app) {
  const auto options = std::make_shared<SearchFlags>();
  SearchFlags& o = *options;
  CLI::App* command =
      add_subcommand(app, "search", "Search an index; the plugin rescores and rewrites");
  CLI::Option* query = command->add_option("query", o.query, "What to search for");
  command->add_option("--index", o.engine.index, "Directory that `barker index` wrote")
      ->required()
      ->type_name(kDirectory)
      ->group(kInput);
  command
      ->add_option("--synonyms", options->engine.synonyms,
                   "File of words that find each other, \"tv, television\", or one way, "
                   "\"pants => trousers\", a line each")
      ->type_name(kFile)
      ->group(kInput);
  CLI::Option* queries =
      command
          ->add_option("--queries", o.queries,
                       "File with one query a line instead of QUERY; - reads standard input")
          ->type_name(kFile)
          ->group(kInput);
  query->excludes(queries);
  command->add_option("--candidates", o.engine.limit, "Number of ads of the first pass")
      ->check(CLI::Range(1, BARKER_MAX_ADS))
      ->group(kInput);
  command->add_flag("--json", o.json, "Print one JSON object a query")->group(kOutput);
  command
      ->add_option("--surface", o.search.surface,
                   "Width profile of the plugin's configuration, such as mobile")
      ->type_name("NAME")
      ->group(kOutput);
  command->add_flag("--explain", o.search.explain, "Print why the answer is as it is")
      ->group(kOutput);
  command->add_option("--limit", o.limit, "Number of ads to print")
      ->check(CLI::Range(0, 100000))
      ->group(kOutput);
  add_user_options(*command, o);
  add_auction_options(*command, o);
  add_model_options(*command, o);
  add_serving_options(*command, o, queries);
  return [options] { return run(*options); };
}

}  // namespace barker

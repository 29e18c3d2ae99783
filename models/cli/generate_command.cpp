#include <cstdio>
#include <memory>
#include <optional>

#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/command/options.h"
#include "models/data/dataset.h"
#include "models/simulate/click_world.h"
#include "models/simulate/drifting_log.h"
#include "models/simulate/marketplace_command.h"
#include "models/simulate/oracles.h"

namespace barker {
namespace {

struct GenerateFlags {
  ClickWorldOptions world;
  std::string events, dataset;
  bool oracles = false;
};

void print_oracles(const ClickWorld& world) {
  std::printf("%-20s %7s  %9s %9s %9s %9s   main / auxiliary clicks of the user\n", "AUC", "all",
              "<=6/>21", "<=6/<=21", ">6/>21", ">6/<=21");
  for (const OracleAuc& o : oracle_aucs(world)) {
    std::printf("%-20s %7.4f  %9.4f %9.4f %9.4f %9.4f\n", o.name.c_str(), o.all, o.bins[0],
                o.bins[1], o.bins[2], o.bins[3]);
  }
}

Result<int> generate_click_world(const GenerateFlags& o) {
  if (o.events.empty() && o.dataset.empty() && !o.oracles) {
    return invalid_argument("nothing to write: give --events-out, --data-out or --oracles");
  }
  const OutputPath log_path{"--events-out", o.events, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs({}, {log_path, {"--data-out", o.dataset}}); !s.ok()) return s;
  const ClickWorld world(o.world);
  if (!world.status().ok()) return world.status();
  std::optional<OutputFile> log;
  if (!o.events.empty()) {
    log.emplace(o.events);
    if (!log->status().ok()) return log->status();
  }
  std::optional<DatasetBuilder> builder;
  if (!o.dataset.empty()) {
    Result<DatasetBuilder> made = DatasetBuilder::create(o.dataset, {}, {});
    if (!made.ok()) return made.status();
    builder.emplace(std::move(*made));
  }
  if (log || builder) {
    std::string line;
    Status status = world.generate([&](const SearchEvent& event) -> Status {
      if (log) {
        line.clear();
        append_event(event, line);
        log->write(line);
        if (!log->status().ok()) return log->status();
      }
      return builder ? builder->add(event) : Status();
    });
    if (status.ok() && builder) {
      status = builder->finish("click-world-" + std::to_string(o.world.seed));
    }
    if (status.ok() && log) status = log->close();
    if (!status.ok()) return status;
  }
  if (o.oracles) print_oracles(world);
  return kExitOk;
}

void add_output_options(CLI::App& command, GenerateFlags& o) {
  command
      .add_option("--events-out,--events", o.events,
                  "Event log to write; - writes to standard output")
      ->type_name(kFile)
      ->group(kOutput);
  command
      .add_option("--data-out,--dataset", o.dataset,
                  "Dataset to write, without an event log in between")
      ->type_name(kFile)
      ->group(kOutput);
  command
      .add_flag("--oracles", o.oracles,
                "Print what AUC is possible with what one may know; runs the world twice more")
      ->group(kOutput);
}

void add_world_options(CLI::App& command, GenerateFlags& o) {
  ClickWorldOptions& w = o.world;
  const auto size = [&](const char* names, auto& value, const char* text, auto least, auto most) {
    command.add_option(names, value, text)->check(CLI::Range(least, most))->group(kSize);
  };
  size("--user-count,--users", w.users, "Number of users", 1u, 1u << 31);
  size("--category-count,--categories", w.categories, "Number of categories", 1, 1000);
  size("--axis-count,--axes", w.axes, "Number of taste axes", 1, 64);
  size("--feature-word-count,--feature-words", w.feature_words,
       "Number of words that selling points have", 10, 1'000'000);
  size("--title-word-count,--title-words", w.title_words, "Number of words that only titles have",
       10, 1'000'000);
  size("--item-count,--items", w.items, "Number of items", 1, 100'000'000);
  size("--query-count,--queries", w.queries, "Number of different queries", 1, 100'000'000);
  size("--searches-per-user,--searches", w.searches, "Mean number of searches of a user", 0.1, 1e5);
  size("--bar-share", w.bar_share, "Share of the searches that show a bar of SFs", 0.0, 1.0);
  size("--ads-per-search", w.ads_per_search, "Number of ads that a search shows", 0, 1000);
  size("--sfs-per-bar", w.sfs_per_bar, "Number of SFs in a bar", 1, 1000);
  constexpr char kWorld[] = "World";
  command.add_option("--coherence", w.coherence, "How well titles describe their items")
      ->group(kWorld);
  command
      .add_option("--demographic-share", w.demographic_share,
                  "Share of a user's taste that the profile explains")
      ->check(CLI::Range(0.0, 0.99))
      ->group(kWorld);
  command
      .add_flag("--position-bias", w.position_bias, "Let users look at the first SFs more often")
      ->group(kWorld);
  command.add_option("--seed", w.seed, "Equal seeds give equal files")->group(kRun);
}

Command add_drifting_market_command(CLI::App& generate) {
  struct Options {
    DriftingLogOptions log;
    std::string events;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      add_subcommand(generate, "drifting-market",
                     "Write the log of a shop whose shoppers, tastes and ads come and go");
  command->add_option("--events-out", o->events, "Event log to write; - writes to standard output")
      ->required()
      ->type_name(kFile)
      ->group(kOutput);
  const auto count = [&](const char* name, uint32_t& value, const char* text, uint32_t least,
                         uint32_t most) {
    command->add_option(name, value, text)->check(CLI::Range(least, most))->group(kSize);
  };
  DriftingLogOptions& log = o->log;
  count("--ad-count", log.ads, "Number of ads", 10, 10'000'000);
  count("--user-count", log.users, "Number of users", 5, 10'000'000);
  count("--day-count", log.days, "Number of days", 1, 10'000);
  count("--searches-per-day", log.searches_per_day, "Number of searches of a day", 1, 86'400);
  count("--stay-days", log.stay_days, "Days for which a user is there", 1, 10'000);
  constexpr char kWorld[] = "World";
  command
      ->add_option("--fashion", log.fashion,
                   "Deviation of what all tastes move in a day, on each axis")
      ->check(CLI::Range(0.0, 10.0))
      ->group(kWorld);
  command
      ->add_option("--constancy", log.constancy,
                   "How much of a user's own taste is left after a day")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kWorld);
  command->add_option("--seed", log.seed, "Equal seeds give equal files")->group(kRun);
  return [o]() -> Result<int> {
    const OutputPath path{"--events-out", o->events, OutputPath::Kind::kFileOrStream};
    if (Status s = check_outputs({}, {path}); !s.ok()) return s;
    if (Status s = write_drifting_log(o->log, o->events); !s.ok()) return s;
    return kExitOk;
  };
}

}  // namespace

Command add_generate_command(CLI::App& app) {
  const auto o = std::make_shared<GenerateFlags>();
  CLI::App* command =
      add_subcommand(app, "generate", "Generate data whose true probabilities are known");
  command->require_subcommand(1);
  const Command marketplace = add_marketplace_command(*command);
  const Command drifting_market = add_drifting_market_command(*command);
  CLI::App* world =
      add_subcommand(*command, "click-world",
                     "Write searches, SF bars and ads of users with known tastes (world S1)");
  add_output_options(*world, *o);
  add_world_options(*world, *o);
  CLI::App* const drifting = command->get_subcommand("drifting-market");
  return [o, world, drifting, marketplace, drifting_market] {
    if (drifting->parsed()) return drifting_market();
    return world->parsed() ? generate_click_world(*o) : marketplace();
  };
}

}  // namespace barker

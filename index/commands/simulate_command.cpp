// simulate: shoppers with known tastes before the real engine, under the arms of experiments.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/simulation/market_index.h"
#include "index/simulation/table2.h"
#include "models/base/cores.h"
#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/output_file.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

struct SimulateFlags {
  std::string weights, experiments, directory;
  std::string table2;  // "table2", or empty
  bool writes_log = false, json = false, quiet = false;
  SimulationOptions simulation;
};

// Makes the marketplace's catalogue and its index, unless they stand there already.
Status prepare(const SimulateFlags& o, SimulationOptions& simulation) {
  const std::string key = std::to_string(simulation.market.seed) + "-" +
                          std::to_string(simulation.market.ads) + "-" +
                          std::to_string(simulation.market.users);
  const std::string market = o.directory + "/market-" + key, index = o.directory + "/index-" + key;
  simulation.engine.index = index;
  if (fs::exists(index)) return {};
  MarketplaceOptions options = simulation.market;
  options.searches = 0;  // the simulation makes its own
  if (Status s = write_marketplace(options, market); !s.ok()) return s;
  return build_market_index(market + "/catalogue.jsonl", index);
}

Result<SimulationResult> run_once(const SimulateFlags& o, SimulationOptions simulation,
                                  const std::string& name) {
  if (o.writes_log) simulation.log = o.directory + "/" + name + ".raw.jsonl";
  if (!o.quiet && isatty(STDERR_FILENO)) {
    simulation.progress = [&name](double share) {
      std::fprintf(stderr, "\r%s: %.0f%% ", name.c_str(), 100 * share);
    };
  }
  Result<SimulationResult> result = simulate(simulation);
  if (simulation.progress) std::fprintf(stderr, "\r\033[K");
  if (!result.ok()) return result;
  if (result->searches == 0) {
    return bad_data("nobody searched; raise --user-count, --days or --searches");
  }
  if (result->bypassed > 0) {
    std::cerr << "barker simulate: " << result->bypassed << " of " << result->searches
              << " pages were not rescored\n";
  }
  if (simulation.log.empty()) return result;
  std::cerr << visible(simulation.log) << " is ready\n";
  return result;
}

Status write_text(const std::string& path, const std::string& text) {
  OutputFile out(path);
  out.write(text);
  return out.close();
}

Result<int> run_table2(const SimulateFlags& o, SimulationOptions simulation) {
  std::vector<Table2Outcome> outcomes;
  for (const Table2Row& row : table2_rows()) {
    const std::string name = "table2-row" + std::to_string(row.number);
    simulation.engine.watched.experiments = o.directory + "/" + name + ".toml";
    if (Status s = write_text(simulation.engine.watched.experiments, row.experiment); !s.ok()) {
      return s;
    }
    const Result<SimulationResult> result = run_once(o, simulation, name);
    if (!result.ok()) return result.status();
    Result<ArmComparison> comparison = compare_arms(*result, row.control, row.treatment);
    if (!comparison.ok()) return comparison.status();
    Table2Outcome& outcome = outcomes.emplace_back(Table2Outcome{&row, std::move(*comparison), {}});
    for (const std::string& arm : result->arms) {
      if (!arm.empty()) outcome.arms.push_back(*outcome_of(*result, arm));
    }
  }
  std::cout << (o.json ? to_json(outcomes) : to_text(outcomes));
  return kExitOk;
}

void print_arms(const SimulationResult& result) {
  for (const std::string& arm : result.arms) {
    const Result<ArmOutcome> outcome = outcome_of(result, arm);
    if (!outcome.ok() || outcome->shoppers == 0) continue;
    const ShopperTotals& t = outcome->totals;
    std::cout << (arm.empty() ? "(no arm)" : visible_line(arm)) << ": " << outcome->shoppers
              << " shoppers, " << number_text(t.impressions, 0) << " impressions, CTR "
              << percent_text(outcome->rate.value, 3) << " [" << percent_text(outcome->rate.low, 3)
              << ", " << percent_text(outcome->rate.high, 3)
              << "]; over the same pages' own titles "
              << percent_text(t.expected / t.expected_none - 1, 3) << ", best possible "
              << percent_text(t.expected_best / t.expected_none - 1, 3) << "\n";
  }
}

Result<int> run(const SimulateFlags& o) {
  ignore_broken_pipes();
  SimulationOptions simulation = o.simulation;
  simulation.engine.watched.weights = o.weights;
  simulation.engine.watched.experiments = o.experiments;
  simulation.engine.plugin = default_plugin_path();
  if (!o.table2.empty() && !o.experiments.empty()) {
    return invalid_argument("--experiment: expected no --experiments beside it");
  }
  if (o.json && o.table2.empty()) {
    return invalid_argument("--json: expected --experiment table2 beside it");
  }
  std::error_code error;
  fs::create_directories(o.directory, error);
  if (error) return io_error(o.directory + ": cannot be made: " + error.message());
  if (Status s = prepare(o, simulation); !s.ok()) return s;
  if (!o.table2.empty()) return run_table2(o, simulation);
  const Result<SimulationResult> result = run_once(o, simulation, "simulation");
  if (!result.ok()) return result.status();
  print_arms(*result);
  return kExitOk;
}

}  // namespace

Command add_simulate_command(CLI::App& app) {
  const auto o = std::make_shared<SimulateFlags>();
  SimulationOptions& s = o->simulation;
  s.market.users = 20000;
  s.threads = usable_cores();
  CLI::App* command = add_subcommand(
      app, "simulate",
      "Let shoppers with known tastes search in the engine, under the arms of experiments");
  command->add_option("--weights", o->weights, "Weight file, trained on the demo's marketplace")
      ->required()
      ->type_name(kFileOrDirectory)
      ->group(kInput);
  command
      ->add_option("--experiments", o->experiments, "TOML with experiments (plugin/EXPERIMENTS.md)")
      ->type_name(kFile)
      ->group(kInput);
  one_of(command->add_option("--experiment", o->table2,
                             "table2: the five experiments of the paper, one after the other"),
         {"table2"})
      ->group(kInput);
  command->add_option("--out", o->directory, "Directory for catalogue, index, experiments and logs")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  command->add_flag("--log", o->writes_log, "Write the raw logs, too (models/data/RAW_LOG.md)")
      ->group(kOutput);
  command->add_flag("--json", o->json, "Print table2 as JSON")->group(kOutput);
  command->add_option("--user-count", s.market.users, "Number of shoppers")
      ->check(CLI::Range(5u, 10'000'000u))
      ->group(kSize);
  command->add_option("--ad-count", s.market.ads, "Number of ads")
      ->check(CLI::Range(10u, 10'000'000u))
      ->group(kSize);
  command->add_option("--days", s.days, "Number of days")
      ->check(CLI::Range(1u, 365u))
      ->group(kSize);
  command->add_option("--searches", s.searches, "Searches of a shopper a day, on average")
      ->check(CLI::Range(0.01, 1000.0))
      ->group(kSize);
  command->add_option("--shown", s.shopping.shown, "Ads of a page")
      ->check(CLI::Range(1, 50))
      ->group(kSize);
  constexpr char kReading[] = "Reading";
  const auto probability = [&](const char* name, double& value, const char* what) {
    command->add_option(name, value, what)->check(CLI::Range(0.0, 1.0))->group(kReading);
  };
  probability("--title-read", s.shopping.reading.title,
              "P(a selling point in the merchant's title is read)");
  probability("--prefix-read", s.shopping.reading.prefix, "P(read) of one before the title");
  probability("--highlight-read", s.shopping.reading.highlight,
              "P(read) of one that is marked there");
  command->add_option("--seed", s.seed, "Equal seeds give equal results")->group(kRun);
  command->add_option("--threads", s.threads, "Threads")
      ->default_str("one a core")
      ->check(CLI::Range(1, 1024))
      ->group(kRun);
  command->add_flag("--quiet", o->quiet, "Print no progress")->group(kRun);
  return [o] { return run(*o); };
}

}  // namespace barker

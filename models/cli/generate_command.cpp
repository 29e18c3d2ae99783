#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"
#include "models/data/dataset.h"
#include "models/simulate/click_world.h"
#include "models/simulate/marketplace.h"
#include "models/simulate/oracles.h"

namespace barker {
namespace {

struct Options {
  MarketplaceOptions marketplace;
  std::string out;
  ClickWorldOptions world;
  std::string events, dataset;
  bool oracles = false;
};

int fail(const Status& status) {
  std::cerr << "barker-train generate: " << status.message() << "\n";
  return exit_code(status);
}

int generate_marketplace(const Options& o) {
  if (const Status s = write_marketplace(o.marketplace, o.out); !s.ok()) return fail(s);
  std::cerr << o.marketplace.ads << " ads, " << o.marketplace.users << " users, "
            << o.marketplace.searches << " searches in " << o.out << "\n";
  return kExitOk;
}

void print_oracles(const ClickWorld& world) {
  std::printf("%-20s %7s  %9s %9s %9s %9s   main / auxiliary clicks of the user\n", "AUC", "all",
              "<=6/>21", "<=6/<=21", ">6/>21", ">6/<=21");
  for (const OracleAuc& o : oracle_aucs(world)) {
    std::printf("%-20s %7.4f  %9.4f %9.4f %9.4f %9.4f\n", o.name.c_str(), o.all, o.bins[0],
                o.bins[1], o.bins[2], o.bins[3]);
  }
}

int generate_click_world(const Options& o) {
  if (o.events.empty() && o.dataset.empty() && !o.oracles) {
    return fail(
        invalid_argument("click-world: say what is wanted: --events, --dataset, --oracles"));
  }
  const ClickWorld world(o.world);
  if (!world.status().ok()) return fail(world.status());
  std::ofstream file;
  if (!o.events.empty() && o.events != "-") {
    file.open(o.events, std::ios::binary);
    if (!file) return fail(io_error(o.events + ": cannot be written"));
  }
  std::ostream& log = o.events == "-" ? std::cout : file;
  std::optional<DatasetBuilder> builder;
  if (!o.dataset.empty()) {
    Result<DatasetBuilder> made = DatasetBuilder::create(o.dataset, {}, {});
    if (!made.ok()) return fail(made.status());
    builder.emplace(std::move(*made));
  }
  if (!o.events.empty() || builder) {
    std::string line;
    Status status = world.generate([&](const SearchEvent& event) -> Status {
      if (!o.events.empty()) {
        line.clear();
        append_event(event, line);
        if (!log.write(line.data(), static_cast<std::streamsize>(line.size()))) {
          return io_error(o.events + ": cannot be written");
        }
      }
      return builder ? builder->add(event) : Status();
    });
    if (status.ok() && builder) {
      status = builder->finish("click-world-" + std::to_string(o.world.seed));
    }
    if (!status.ok()) return fail(status);
    log.flush();
    if (!o.events.empty() && !log) return fail(io_error(o.events + ": cannot be written"));
  }
  if (o.oracles) print_oracles(world);
  return kExitOk;
}

void add_world_options(CLI::App& command, Options& o) {
  ClickWorldOptions& w = o.world;
  command.add_option("--events", o.events, "Event log to write, - for standard output");
  command.add_option("--dataset", o.dataset, "Dataset to write, without a log in between");
  command.add_flag("--oracles", o.oracles,
                   "Print what AUC is possible with what one may know; runs the world twice more");
  command.add_option("--seed", w.seed, "Equal seeds give equal bytes");
  command.add_option("--users", w.users)->check(CLI::Range(1u, 1u << 31));
  command.add_option("--categories", w.categories)->check(CLI::Range(1, 1000));
  command.add_option("--axes", w.axes, "Of taste")->check(CLI::Range(1, 64));
  command.add_option("--feature-words", w.feature_words)->check(CLI::Range(10, 1'000'000));
  command.add_option("--title-words", w.title_words)->check(CLI::Range(10, 1'000'000));
  command.add_option("--items", w.items)->check(CLI::Range(1, 100'000'000));
  command.add_option("--queries", w.queries)->check(CLI::Range(1, 100'000'000));
  command.add_option("--searches", w.searches, "Mean a user")->check(CLI::Range(0.1, 1e5));
  command.add_option("--bar-share", w.bar_share, "Searches with a tag bar")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--ads-per-search", w.ads_per_search)->check(CLI::Range(0, 1000));
  command.add_option("--sfs-per-bar", w.sfs_per_bar)->check(CLI::Range(1, 1000));
  command.add_option("--coherence", w.coherence, "How well titles describe items");
  command.add_option("--demographic-share", w.demographic_share)->check(CLI::Range(0.0, 0.99));
  command.add_flag("--position-bias", w.position_bias);
}

}  // namespace

Command add_generate_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("generate", "Make data with known truth");
  command->require_subcommand(1);
  CLI::App* marketplace = command->add_subcommand(
      "marketplace", "The demo's bilingual shop: catalogue, users, click log");
  marketplace->add_option("--out", o->out, "Directory to write")->required();
  marketplace->add_option("--seed", o->marketplace.seed, "Equal seeds give equal bytes");
  marketplace->add_option("--ads", o->marketplace.ads)->check(CLI::Range(10, 10'000'000));
  marketplace->add_option("--users", o->marketplace.users)->check(CLI::Range(5, 10'000'000));
  marketplace->add_option("--searches", o->marketplace.searches)->check(CLI::Range(1, 100'000'000));
  CLI::App* world = command->add_subcommand(
      "click-world", "Searches, tag bars and ads of users with known tastes (world S1)");
  add_world_options(*world, *o);
  return [o, marketplace] {
    return marketplace->parsed() ? generate_marketplace(*o) : generate_click_world(*o);
  };
}

}  // namespace barker

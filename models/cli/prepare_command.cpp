#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "models/cli/commands.h"
#include "models/data/dataset.h"
#include "models/exit_code.h"

namespace barker {

Command add_prepare_command(CLI::App& app) {
  struct Options {
    std::string events, out;
    DatasetOptions dataset;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prepare", "Event log to dataset, once for many runs of train, evaluate and compare");
  command->add_option("--events", o->events, "Event log, JSON Lines, plain or gzip")->required();
  command->add_option("--out", o->out, "Dataset to write")->required();
  command->add_option("--main-share", o->dataset.main_share,
                      "Keep this share of the training SF bars")
      ->check(CLI::Range(0.0, 1.0));
  return [o] {
    BadLines bad;
    const Status status = build_dataset(o->events, o->out, o->dataset, bad);
    std::cerr << bad.report(o->events);
    if (!status.ok()) {
      std::cerr << "barker-train prepare: " << status.message() << "\n";
      return exit_code(status);
    }
    const auto data = Dataset::open(o->out);
    if (!data.ok()) {
      std::cerr << "barker-train prepare: " << data.status().message() << "\n";
      return exit_code(data.status());
    }
    const Dataset& d = **data;
    std::printf("%llu events used, %llu lines reported; %u searches, %u users, %u keywords, %u "
                "features in %zu groups\n",
                static_cast<unsigned long long>(d.events()),
                static_cast<unsigned long long>(bad.count()), d.searches(), d.users(),
                d.keywords(), d.features(), d.groups().size());
    return static_cast<int>(kExitOk);
  };
}

}  // namespace barker

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"
#include "models/data/import/import.h"

namespace barker {

Command add_import_command(CLI::App& app) {
  struct Options {
    std::string layout, from, out;
    uint64_t seed = 1;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("import", "Public data sets to catalogue, event log, users, queries");
  command
      ->add_option("layout", o->layout, "amazon-reviews, online-retail, trivago, bestbuy or tmall")
      ->required()
      ->check(CLI::IsMember({"amazon-reviews", "online-retail", "trivago", "bestbuy", "tmall"}));
  command->add_option("--from", o->from, "Directory of the data set")->required();
  command->add_option("--out", o->out, "Directory to write")->required();
  command->add_option("--seed", o->seed, "Of the drawn negatives (not bestbuy, tmall)");
  return [o] {
    BadLines bad;
    const auto import = [&] {
      if (o->layout == "online-retail") return import_online_retail(o->from, o->out, o->seed, bad);
      if (o->layout == "trivago") return import_trivago(o->from, o->out, o->seed, bad);
      if (o->layout == "bestbuy") return import_bestbuy(o->from, o->out, bad);
      if (o->layout == "tmall") return import_tmall(o->from, o->out, bad);
      return import_amazon_reviews(o->from, o->out, o->seed, bad);
    };
    const Result<ImportSummary> summary = import();
    if (!summary.ok()) {
      std::cerr << "barker-train import: " << summary.status().message() << "\n";
      return exit_code(summary.status());
    }
    const auto n = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::cerr << bad.report(o->from);
    std::fprintf(
        stderr,
        "%llu records read, %llu reported: %llu ads, %llu events, %llu users, %llu queries in %s\n",
        n(summary->records), n(bad.count()), n(summary->ads), n(summary->events), n(summary->users),
        n(summary->queries), o->out.c_str());
    return static_cast<int>(kExitOk);
  };
}

}  // namespace barker

#include <iostream>
#include <memory>

#include "index/commands/check_report.h"
#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/weights/weight_path.h"

namespace barker {
namespace {

struct CheckFlags {
  std::string index, weights;
  size_t most = 20;
  bool json = false;
};

Result<int> run(const CheckFlags& options) {
  const Result<AdStore> ads = AdStore::open(options.index + "/ads.store");
  if (!ads.ok()) return ads.status();
  const Result<std::string> path = resolve_weights_path(options.weights);
  if (!path.ok()) return path.status();
  const auto weights = WeightFile::open(*path);
  if (!weights.ok()) return weights.status();
  const CheckReportOfIndex report = check_index(*ads, **weights, options.most);
  if (options.json) {
    print_check_json(report, std::cout);
  } else {
    print_check(report, std::cout);
  }
  return kExitOk;
}

}  // namespace

Command add_check_command(CLI::App& app) {
  const auto options = std::make_shared<CheckFlags>();
  CLI::App* command =
      add_subcommand(app, "check", "Say how much of an index's catalogue a model knows");
  command->add_option("--index", options->index, "Directory that `barker index` wrote")
      ->required()
      ->type_name(kDirectory)
      ->group(kInput);
  command
      ->add_option("--weights", options->weights,
                   "Weight file, or weights directory for its CURRENT version")
      ->required()
      ->type_name(kFileOrDirectory)
      ->group(kModel);
  command->add_option("--most", options->most, "Number of unknown texts of each kind to print")
      ->check(CLI::Range(0, 1'000'000))
      ->group(kOutput);
  command->add_flag("--json", options->json, "Print JSON")->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker

// off-policy: what a policy would earn, from the log of another one.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/experiment/off_policy_table.h"

namespace barker {
namespace {

struct Options {
  std::string table;
  double level = 0.95;
  bool is_json = false;
};

Result<int> run(const Options& options) {
  const Result<OffPolicyReport> report = evaluate_policy_table(options.table, options.level);
  if (!report.ok()) return report.status();
  std::cout << (options.is_json ? to_json(*report) : visible_lines(to_text(*report)));
  return kExitOk;
}

}  // namespace

Command add_off_policy_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = add_subcommand(app, "off-policy",
                                     "Say what a policy would earn, from the log of another one");
  command
      ->add_option(
          "--table", options->table,
          "CSV file, plain or compressed, with the columns reward,logged,target[,page]"
          "[,logged_position,target_position][,predicted,predicted_policy]; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--level", options->level, "Level of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str()
      ->group(kJudging);
  command->add_flag("--json", options->is_json, "Print JSON")->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker

// off-policy: what a policy would earn, from the log of another one.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/commands/logged_policy.h"
#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/command/options.h"
#include "models/experiment/off_policy_table.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

struct OffPolicyFlags {
  LoggedPolicyOptions policy;
  std::string table, config_file;
  bool is_json = false;
};

// An option that would do nothing is refused, so that nobody believes that it did something.
Status check_options(const OffPolicyFlags& options, const CLI::App& command) {
  if (options.table.empty() == options.policy.logs.empty()) {
    return invalid_argument("expected LOG... with --index and --weights, or --table");
  }
  for (const char* name : {"--index", "--weights", "--config", "--rules", "--window"}) {
    if (!options.table.empty() && command.count(name) > 0) {
      return invalid_argument(std::string(name) + ": is for logs, not for --table");
    }
  }
  for (const char* name : {"--index", "--weights"}) {
    if (options.table.empty() && command.count(name) == 0) {
      return invalid_argument(std::string(name) + " is missing: a log needs it");
    }
  }
  return {};
}

Result<OffPolicyReport> make_report(OffPolicyFlags& options) {
  if (!options.table.empty()) return evaluate_policy_table(options.table, options.policy.level);
  LoggedPolicyOptions& policy = options.policy;
  policy.engine.plugin = default_plugin_path();
  if (!options.config_file.empty()) {
    constexpr size_t kMaxConfiguration = 1 << 20;  // bytes
    Result<std::string> config = read_small_file(options.config_file, kMaxConfiguration);
    if (!config.ok()) return config.status();
    policy.engine.config = std::move(*config);
  }
  std::string bad_lines;
  Result<OffPolicyReport> report = evaluate_policy_on_logs(policy, bad_lines);
  std::cerr << visible_lines(bad_lines);
  return report;
}

Result<int> run(OffPolicyFlags& options, const CLI::App& command) {
  if (Status s = check_options(options, command); !s.ok()) return s;
  const Result<OffPolicyReport> report = make_report(options);
  if (!report.ok()) return report.status();
  std::cout << (options.is_json ? to_json(*report) : visible_lines(to_text(*report)));
  return kExitOk;
}

void add_log_options(CLI::App& command, OffPolicyFlags& options) {
  LoggedPolicyOptions& policy = options.policy;
  command
      .add_option("logs", policy.logs,
                  "Event logs (models/data/RAW_LOG.md) of pages whose selling points were drawn; "
                  "- reads standard input")
      ->type_name(kFile)
      ->group(kInput);
  command.add_option("--index", policy.engine.index, "Directory with the ads of the log")
      ->type_name(kDirectory)
      ->group(kInput);
  add_time_option(command, "--window", policy.joining.window_ms, "30m",
                  "How long after its page a click may come")
      ->group(kInput);
  command
      .add_option("--weights", policy.engine.watched.weights,
                  "Weight file, or weights directory for its CURRENT version, of the judged policy")
      ->type_name(kFileOrDirectory)
      ->group(kModel);
  command
      .add_option("--config", options.config_file,
                  "TOML configuration of the plugin, of the judged policy; it draws nothing")
      ->type_name(kFile)
      ->group(kModel);
  command
      .add_option("--rules", policy.engine.watched.rules,
                  "TOML file of what must not be shown (plugin/rules.h)")
      ->type_name(kFile)
      ->group(kModel);
}

}  // namespace

Command add_off_policy_command(CLI::App& app) {
  const auto options = std::make_shared<OffPolicyFlags>();
  CLI::App* command = add_subcommand(app, "off-policy",
                                     "Say what a policy would earn, from the log of another one");
  add_log_options(*command, *options);
  command
      ->add_option(
          "--table", options->table,
          "CSV file, plain or compressed, with the columns reward,logged,target[,page]"
          "[,logged_position,target_position][,predicted,predicted_policy]; - reads standard input")
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--level", options->policy.level, "Level of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str()
      ->group(kJudging);
  command->add_flag("--json", options->is_json, "Print JSON")->group(kOutput);
  return [options, command] { return run(*options, *command); };
}

}  // namespace barker

// serve: an engine that answers over HTTP until SIGTERM or SIGINT.
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/commands/hangup.h"
#include "index/commands/ready_notice.h"
#include "index/commands/stop_signals.h"
#include "index/commands/verify_command.h"
#include "index/commands/weight_description.h"
#include "index/config/config_flags.h"
#include "index/config/plugin_table.h"
#include "index/server/running_service.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/directory.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

// A server may have more connections than the soft limit of descriptors that a shell gives.
void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// SIGTERM and SIGINT end the service, after /readyz has failed for as long as a load balancer needs
// to see it; a second signal shortens that.
void serve_until_stopped(RunningService& service, uint64_t ready_grace_ms) {
  for (const std::string& address : service.addresses()) std::cout << address << "\n";
  std::cout.flush();
  const Result<bool> is_told = notify_ready();
  if (!is_told.ok()) std::cerr << "barker serve: " << visible(is_told.status().message()) << "\n";
  // What a reload that was merged into the start was to load.
  if (is_told.ok() && *is_told) service.reload();
  wait_for_stop_signal();
  service.fail_readiness();
  wait_for_stop_signal(std::chrono::milliseconds(ready_grace_ms));
  const size_t cut_off = service.stop();
  if (cut_off > 0) std::cerr << "barker serve: " << cut_off << " connections were cut off\n";
}

Result<std::string> describe_file(const std::string& path) {
  const auto file = WeightFile::open(path);
  if (!file.ok()) return file.status();
  return describe_weights(**file).dump(-1, ' ', false,
                                       nlohmann::ordered_json::error_handler_t::replace);
}

Result<int> run(const ConfigFlags& flags) {
  const Result<ServiceConfig> config = load_config(flags, environ);
  if (!config.ok()) return config.status();
  ignore_broken_pipes();
  block_stop_signals();
  raise_descriptor_limit();
  ServiceHooks hooks;
  hooks.plugin = default_plugin_path();
  VerifyOptions verify;
  verify.plugin = config->server.plugin_library;
  verify.trusted_keys = trusted_keys(config->plugin);
  hooks.publish = [verify](const std::string& file, const std::string& directory,
                           const std::string& label) {
    VerifyOptions options = verify;
    options.file = file;
    return publish_verified(options, directory, label);
  };
  hooks.promote = [](const std::string& directory) { return promote_label(directory, "canary"); };
  hooks.describe = describe_file;
  Result<std::unique_ptr<RunningService>> service = RunningService::start(*config, hooks);
  if (!service.ok()) return service.status();
  const HangupListener hangups([&service] { (*service)->reload(); });
  serve_until_stopped(**service, config->server.ready_grace_ms);
  forget_output_errors();  // the results are answers and logs
  if (Status s = (*service)->flush(); !s.ok()) {
    return Status(s.code(), "not all that was accepted could be written: " + s.message());
  }
  return kExitOk;
}

}  // namespace

Command add_serve_command(CLI::App& app) {
  const auto flags = std::make_shared<ConfigFlags>();
  CLI::App* command = add_subcommand(app, "serve", "Answer searches over HTTP until SIGTERM");
  add_config_flags(*command, *flags);
  return [flags] { return run(*flags); };
}

}  // namespace barker

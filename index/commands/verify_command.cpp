#include "index/commands/verify_command.h"

#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

using Options = VerifyOptions;

void print_check(void*, barker_string check, int32_t passed, barker_string detail) {
  std::cout << (passed ? "ok      " : "FAILED  ") << std::left << std::setw(20)
            << visible({check.data, check.size}) << visible({detail.data, detail.size}) << "\n";
}

void ignore_check(void*, barker_string, int32_t, barker_string) {}

}  // namespace

int verify_weights(const VerifyOptions& options, bool print) {
  // The plugin judges: what verifies here is what a load in an engine checks.
  const Result<const barker_api*> api =
      load_plugin(options.plugin.empty() ? default_plugin_path() : options.plugin);
  if (!api.ok()) return fail("verify", api.status());
  const auto* extension =
      static_cast<const barker_verify*>((*api)->get_extension(BARKER_EXT_VERIFY));
  if (!extension || extension->struct_size < sizeof *extension) {
    std::cerr << "barker verify: this plugin lacks " BARKER_EXT_VERIFY " of ABI 1.1\n";
    return kExitUnavailable;
  }
  const auto view = [](const std::string& s) { return barker_string{s.data(), s.size()}; };
  std::vector<barker_string> keys;
  for (const std::string& key : options.trusted_keys) keys.push_back(view(key));
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code =
      extension->verify_signed(view(options.file), view(options.isa), keys.data(), keys.size(),
                               print ? print_check : ignore_check, nullptr, error);
  return code == BARKER_OK ? static_cast<int>(kExitOk) : fail("verify", plugin_error(code, error));
}

Command add_verify_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("verify", "Run every check on a weight file, golden vectors included");
  command->add_option("file", options->file, "Weight file, or directory with CURRENT")->required();
  command->add_option("--isa", options->isa,
                      "baseline, avx2 or avx512; default: each one this machine has");
  command->add_option("--plugin", options->plugin, "libbarker.so; default: beside this command");
  command->add_option("--trusted-key", options->trusted_keys,
                      "Public key that must have signed the file; several: one of them");
  return [options] { return verify_weights(*options, true); };
}

}  // namespace barker

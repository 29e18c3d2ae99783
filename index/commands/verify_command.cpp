#include "index/commands/verify_command.h"

#include <iomanip>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/directory.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

void print_outcome(void*, barker_string check, int32_t passed, barker_string detail) {
  std::cout << (passed ? "ok      " : "FAILED  ") << std::left << std::setw(20)
            << visible({check.data, check.size}) << visible({detail.data, detail.size}) << "\n";
}

void ignore_outcome(void*, barker_string, int32_t, barker_string) {}

}  // namespace

Status verify_weights(const VerifyOptions& options, bool print) {
  const Result<const barker_api*> api =
      load_plugin(options.plugin.empty() ? default_plugin_path() : options.plugin);
  if (!api.ok()) return api.status();
  const auto* extension =
      static_cast<const barker_verify*>((*api)->get_extension(BARKER_EXT_VERIFY));
  if (!extension || extension->struct_size < sizeof *extension) {
    return {Code::kFailedPrecondition, "this plugin lacks " BARKER_EXT_VERIFY " of ABI 1.1"};
  }
  const auto view = [](const std::string& s) { return barker_string{s.data(), s.size()}; };
  std::vector<barker_string> keys;
  for (const std::string& key : options.trusted_keys) keys.push_back(view(key));
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code =
      extension->verify_signed(view(options.file), view(options.isa), keys.data(), keys.size(),
                               print ? print_outcome : ignore_outcome, nullptr, error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

Result<std::string> publish_verified(const VerifyOptions& options, const std::string& directory,
                                     const std::string& label) {
  Status verified;
  const auto verify = [&](const std::string& path) {
    VerifyOptions copy = options;
    copy.file = path;
    verified = verify_weights(copy, false);
    return verified;
  };
  Result<std::string> version = publish_weights(options.file, directory, label, verify);
  if (verified.ok()) return version;
  return Status(verified.code(), options.file + ": was not published: " + verified.message());
}

void add_plugin_options(CLI::App& command, VerifyOptions& options) {
  command.add_option("--plugin", options.plugin, "libbarker.so")
      ->type_name(kFile)
      ->default_str("beside this command")
      ->group(kModel);
  command
      .add_option("--trusted-key", options.trusted_keys,
                  "Public key that must have signed the file; if repeated, one of the keys")
      ->type_name("KEY")
      ->group(kModel);
}

Command add_verify_command(CLI::App& app) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command =
      add_subcommand(app, "verify", "Run every check on a weight file, golden vectors included");
  command
      ->add_option("weights,--weights", options->file,
                   "Weight file, or weights directory for its CURRENT version")
      ->required()
      ->type_name(kFileOrDirectory);
  command
      ->add_option("--isa", options->isa,
                   "Instruction set: baseline, avx2, avxvnni, avx512, avx512dot or neondot")
      ->type_name("ISA")
      ->default_str("each one that this machine has")
      ->group(kModel);
  add_plugin_options(*command, *options);
  return [options]() -> Result<int> {
    if (Status s = verify_weights(*options, true); !s.ok()) return s;
    return kExitOk;
  };
}

}  // namespace barker

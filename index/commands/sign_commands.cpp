// keygen, sign: who may say what an engine serves.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "models/base/exit_code.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"

namespace barker {
namespace {

struct Options {
  std::string name, file, key;
};

int keygen(const Options& o) {
  const Result<PublicKey> key = generate_key_pair(o.name);
  if (!key.ok()) return fail("keygen", key.status());
  std::cout << o.name << ".key signs: keep it with whoever publishes\n"
            << o.name << ".pub goes into the plugin's configuration:\n"
            << "trusted_keys = [\"" << to_text(*key) << "\"]\n";
  return kExitOk;
}

int sign(const Options& o) {
  // Only what would load is worth a signature.
  const auto file = WeightFile::open(o.file);
  if (!file.ok()) return fail("sign", file.status());
  const Result<PublicKey> key = sign_bytes((*file)->bytes(), o.file, o.key);
  if (!key.ok()) return fail("sign", key.status());
  std::cout << signature_path(o.file) << " by " << to_text(*key) << "\n";
  return kExitOk;
}

}  // namespace

Command add_keygen_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("keygen", "Make a pair of keys to sign weight files with");
  command->add_option("name", o->name, "Writes NAME.key (secret) and NAME.pub")->required();
  return [o] { return keygen(*o); };
}

Command add_sign_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("sign", "Check a weight file and write FILE.sig beside it");
  command->add_option("file", o->file, "Weight file")->required();
  command->add_option("--key", o->key, "Secret key of `barker keygen`")->required();
  return [o] { return sign(*o); };
}

}  // namespace barker

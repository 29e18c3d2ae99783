// keygen, sign: the keys that decide which weight files an engine serves.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"

namespace barker {
namespace {

struct SignFlags {
  std::string name, file, key;
};

Result<int> keygen(const SignFlags& o) {
  const Result<PublicKey> key = generate_key_pair(o.name);
  if (!key.ok()) return key.status();
  std::cout << visible(o.name) << ".key is the secret key: keep it where weights are published\n"
            << visible(o.name)
            << ".pub is the public key: put it into the plugin's configuration:\n"
            << "trusted_keys = [\"" << to_text(*key) << "\"]\n";
  return kExitOk;
}

Result<int> sign(const SignFlags& o) {
  const OutputPath signature{"signature", signature_path(o.file)};
  if (Status s = check_outputs({{"--key", o.key}}, {signature}); !s.ok()) return s;
  // A file that would not load must not get a signature.
  const auto file = WeightFile::open(o.file);
  if (!file.ok()) return file.status();
  const Result<PublicKey> key = sign_bytes((*file)->bytes(), o.file, o.key);
  if (!key.ok()) return key.status();
  std::cout << visible(signature_path(o.file)) << " by " << to_text(*key) << "\n";
  return kExitOk;
}

}  // namespace

Command add_keygen_command(CLI::App& app) {
  const auto o = std::make_shared<SignFlags>();
  CLI::App* command =
      add_subcommand(app, "keygen", "Write a pair of keys to sign weight files with");
  command
      ->add_option("name,--out", o->name, "Path of the keys: writes NAME.key (secret) and NAME.pub")
      ->required()
      ->type_name("NAME");
  return [o] { return keygen(*o); };
}

Command add_sign_command(CLI::App& app) {
  const auto o = std::make_shared<SignFlags>();
  CLI::App* command = add_subcommand(
      app, "sign", "Check a weight file and write its signature beside it, WEIGHTS.sig");
  command->add_option("weights,--weights", o->file, "Weight file")->required()->type_name(kFile);
  command->add_option("--key", o->key, "Secret key written by `barker keygen`")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  return [o] { return sign(*o); };
}

}  // namespace barker

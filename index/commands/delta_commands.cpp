// delta, apply: weight files for machines that have the one before.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/delta.h"

namespace barker {
namespace {

struct DeltaFlags {
  std::string old_file, second, out;
};

Result<int> print(const Result<DeltaSizes>& sizes, const std::string& out) {
  if (!sizes.ok()) return sizes.status();
  std::cout << visible(out) << ": " << sizes->changed << " of " << sizes->file
            << " bytes changed; the delta has " << sizes->delta << "\n";
  return kExitOk;
}

void add_options(CLI::App& command, DeltaFlags& o, const std::string& second,
                 const std::string& what) {
  command.add_option("old", o.old_file, "Weight file that the other machine has")
      ->required()
      ->type_name(kFile);
  command.add_option(second, o.second, what)->required()->type_name(kFile);
  command.add_option("--out", o.out, "File to write, whole or not at all")
      ->required()
      ->type_name(kFile)
      ->group(kOutput);
}

}  // namespace

Command add_delta_command(CLI::App& app) {
  const auto o = std::make_shared<DeltaFlags>();
  add_options(*add_subcommand(app, "delta", "Write what changed from one weight file to another"),
              *o, "new", "Weight file that it is to get");
  return [o] { return print(write_delta(o->old_file, o->second, o->out), o->out); };
}

Command add_apply_command(CLI::App& app) {
  const auto o = std::make_shared<DeltaFlags>();
  add_options(*add_subcommand(app, "apply", "Make a new weight file of an old one and a delta"), *o,
              "delta", "What `barker delta` wrote");
  return [o] { return print(apply_delta(o->old_file, o->second, o->out), o->out); };
}

}  // namespace barker

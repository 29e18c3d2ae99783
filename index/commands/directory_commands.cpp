// publish, rollback, promote, unlabel, versions, prune: the weights directory that an engine serves
// from.
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "index/commands/verify_command.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/directory.h"

namespace barker {
namespace {

struct DirectoryFlags {
  VerifyOptions verify;
  std::string directory, label;
  size_t keep = 5;
  bool json = false;
};

Result<int> publish(const DirectoryFlags& o) {
  const Result<std::string> version = publish_verified(o.verify, o.directory, o.label);
  if (!version.ok()) return version.status();
  std::cout << visible(*version)
            << (o.label.empty() ? " is CURRENT" : " is label " + visible(o.label)) << "\n";
  return kExitOk;
}

Result<int> rollback(const DirectoryFlags& o) {
  const Result<std::string> version = rollback_weights(o.directory);
  if (!version.ok()) return version.status();
  std::cout << visible(*version) << " is CURRENT\n";
  return kExitOk;
}

Result<int> promote(const DirectoryFlags& o) {
  const Result<std::string> version = promote_label(o.directory, o.label);
  if (!version.ok()) return version.status();
  std::cout << visible(*version) << " is CURRENT\n";
  return kExitOk;
}

Result<int> unlabel(const DirectoryFlags& o) {
  if (Status s = remove_label(o.directory, o.label); !s.ok()) return s;
  return kExitOk;
}

Result<int> versions(const DirectoryFlags& o) {
  const auto found = weight_versions(o.directory);
  if (!found.ok()) return found.status();
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const WeightVersion& v : *found) {
    if (o.json) {
      json.push_back({{"version", v.name},
                      {"number", v.number},
                      {"bytes", v.size},
                      {"signed", v.is_signed},
                      {"current", v.current},
                      {"previous", v.previous},
                      {"labels", v.labels}});
      continue;
    }
    std::string marks = v.current ? "CURRENT " : v.previous ? "PREVIOUS " : "";
    for (const std::string& label : v.labels) marks += label + " ";
    if (v.is_signed) marks += "signed ";
    std::printf("%s %12llu bytes  %s\n", visible(v.name).c_str(),
                static_cast<unsigned long long>(v.size), visible(marks).c_str());
  }
  if (o.json)
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  return kExitOk;
}

Result<int> prune(const DirectoryFlags& o) {
  const auto removed = prune_weights(o.directory, o.keep);
  if (!removed.ok()) return removed.status();
  for (const std::string& name : *removed) std::cout << "removed " << visible(name) << "\n";
  return kExitOk;
}

// The directory as an operand or as --weights, the same in every command.
void add_directory(CLI::App& command, DirectoryFlags& o) {
  command.add_option("directory,--weights", o.directory, "Weights directory")
      ->required()
      ->type_name(kDirectory);
}

void add_label(CLI::App& command, DirectoryFlags& o) {
  o.label = "canary";
  command.add_option("--label", o.label, "Name of the label")->type_name("NAME")->group(kInput);
}

}  // namespace

Command add_publish_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command = add_subcommand(
      app, "publish", "Verify a weight file and make it CURRENT of a weights directory");
  command->add_option("weights,--weights", o->verify.file, "Weight file")
      ->required()
      ->type_name(kFile);
  command
      ->add_option("--out,--to", o->directory,
                   "Weights directory; it is created if it does not exist")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  command->add_option("--label", o->label, "Set this label, such as canary, instead of CURRENT")
      ->type_name("NAME")
      ->group(kOutput);
  add_plugin_options(*command, o->verify);
  return [o] { return publish(*o); };
}

Command add_rollback_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command =
      add_subcommand(app, "rollback", "Make the version before CURRENT the CURRENT one again");
  add_directory(*command, *o);
  return [o] { return rollback(*o); };
}

Command add_promote_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command = add_subcommand(app, "promote", "Make a labelled version CURRENT");
  add_directory(*command, *o);
  add_label(*command, *o);
  return [o] { return promote(*o); };
}

Command add_unlabel_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command = add_subcommand(app, "unlabel", "Remove a label; its version stays");
  add_directory(*command, *o);
  add_label(*command, *o);
  return [o] { return unlabel(*o); };
}

Command add_versions_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command = add_subcommand(app, "versions", "List the versions in a weights directory");
  add_directory(*command, *o);
  command->add_flag("--json", o->json, "Print JSON")->group(kOutput);
  return [o] { return versions(*o); };
}

Command add_prune_command(CLI::App& app) {
  const auto o = std::make_shared<DirectoryFlags>();
  CLI::App* command = add_subcommand(
      app, "prune",
      "Remove old versions, but none that serves, has a label or is open in a process");
  add_directory(*command, *o);
  command->add_option("--keep", o->keep, "Number of newest versions to keep")
      ->check(CLI::Range(1, 1000000))
      ->group(kRun);
  return [o] { return prune(*o); };
}

}  // namespace barker

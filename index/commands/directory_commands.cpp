// publish, rollback, promote, unlabel, versions, prune: the weights directory an engine serves
// from.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "index/commands/verify_command.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"
#include "models/weights/directory.h"

namespace barker {
namespace {

struct Options {
  VerifyOptions verify;
  std::string directory, label;
  size_t keep = 5;
  bool json = false;
};

int publish(const Options& o) {
  int code = kExitOk;
  // Of the copy: the file may change while it is copied, and its signature with it.
  const auto verify = [&](const std::string& path) {
    VerifyOptions copy = o.verify;
    copy.file = path;
    code = verify_weights(copy, false);
    return code == kExitOk ? Status() : bad_data(o.verify.file + ": was not published");
  };
  const Result<std::string> version = publish_weights(o.verify.file, o.directory, o.label, verify);
  if (!version.ok()) {
    const int failed = fail("publish", version.status());
    return code == kExitOk ? failed : code;
  }
  std::cout << *version << (o.label.empty() ? " is CURRENT" : " is label " + o.label) << "\n";
  return kExitOk;
}

int rollback(const Options& o) {
  const Result<std::string> version = rollback_weights(o.directory);
  if (!version.ok()) return fail("rollback", version.status());
  std::cout << *version << " is CURRENT\n";
  return kExitOk;
}

int promote(const Options& o) {
  const Result<std::string> version = promote_label(o.directory, o.label);
  if (!version.ok()) return fail("promote", version.status());
  std::cout << *version << " is CURRENT\n";
  return kExitOk;
}

int unlabel(const Options& o) {
  if (Status s = remove_label(o.directory, o.label); !s.ok()) return fail("unlabel", s);
  return kExitOk;
}

int versions(const Options& o) {
  const auto found = weight_versions(o.directory);
  if (!found.ok()) return fail("versions", found.status());
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

int prune(const Options& o) {
  const auto removed = prune_weights(o.directory, o.keep);
  if (!removed.ok()) return fail("prune", removed.status());
  for (const std::string& name : *removed) std::cout << "removed " << visible(name) << "\n";
  return kExitOk;
}

}  // namespace

Command add_publish_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("publish", "Verify a weight file and make it CURRENT of a directory");
  command->add_option("file", o->verify.file, "Weight file")->required();
  command->add_option("--to", o->directory, "Weights directory, made if missing")->required();
  command->add_option("--label", o->label, "Set this label instead of CURRENT, such as canary");
  command->add_option("--plugin", o->verify.plugin, "libbarker.so; default: beside this command");
  command->add_option("--trusted-key", o->verify.trusted_keys,
                      "Public key that must have signed the file; several: one of them");
  return [o] { return publish(*o); };
}

Command add_rollback_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("rollback", "Make the version before CURRENT serve again");
  command->add_option("directory", o->directory, "Weights directory")->required();
  return [o] { return rollback(*o); };
}

Command add_promote_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  o->label = "canary";
  CLI::App* command = app.add_subcommand("promote", "Make a labelled version CURRENT");
  command->add_option("directory", o->directory, "Weights directory")->required();
  command->add_option("--label", o->label, "Which; default: canary");
  return [o] { return promote(*o); };
}

Command add_unlabel_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  o->label = "canary";
  CLI::App* command = app.add_subcommand("unlabel", "Remove a label; its version stays");
  command->add_option("directory", o->directory, "Weights directory")->required();
  command->add_option("--label", o->label, "Which; default: canary");
  return [o] { return unlabel(*o); };
}

Command add_versions_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("versions", "List a weights directory");
  command->add_option("directory", o->directory, "Weights directory")->required();
  command->add_flag("--json", o->json);
  return [o] { return versions(*o); };
}

Command add_prune_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prune", "Remove old versions: never one that serves, is labelled or is open in a process");
  command->add_option("directory", o->directory, "Weights directory")->required();
  command->add_option("--keep", o->keep, "Newest versions to keep")->check(CLI::Range(1, 1000000));
  return [o] { return prune(*o); };
}

}  // namespace barker

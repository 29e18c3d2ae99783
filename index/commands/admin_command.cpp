// admin: asks a serving engine over its socket.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/admin_socket.h"

namespace barker {
namespace {

struct AdminFlags {
  std::string socket;
  std::vector<std::string> words;
};

bool is_command(const std::vector<std::string>& words) {
  const std::string& name = words.front();
  return name == "shares" ? words.size() == 3
                          : words.size() == 1 && (name == "status" || name == "look" ||
                                                  name == "reload" || name == "rollback");
}

Result<int> run(const AdminFlags& o) {
  if (!is_command(o.words)) {
    return invalid_argument(
        "expected status, look, reload, rollback or shares SERVED COMPARED, found \"" +
        o.words.front() + "\"");
  }
  std::string command;
  for (const std::string& word : o.words) command += (command.empty() ? "" : " ") + word;
  const Result<std::string> answer = ask_engine(o.socket, command);
  if (!answer.ok()) return answer.status();
  const auto json = nlohmann::ordered_json::parse(*answer, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    return Status(Code::kFailedPrecondition, json["error"].get<std::string>());
  }
  std::cout << (json.is_discarded() ? visible(*answer) : json.dump(2)) << "\n";
  return kExitOk;
}

}  // namespace

Command add_admin_command(CLI::App& app) {
  const auto o = std::make_shared<AdminFlags>();
  CLI::App* command = add_subcommand(
      app, "admin", "Ask a serving engine: status, look, reload, rollback, shares SERVED COMPARED");
  command
      ->add_option("socket,--admin", o->socket, "Unix socket that `barker search --admin` created")
      ->required()
      ->type_name(kFile);
  command
      ->add_option("request", o->words,
                   "status prints the counters of each generation and their agreement; shares sets "
                   "the canary's share of the users and the share of compared queries")
      ->required()
      ->type_name("status|look|reload|rollback|shares");
  return [o] { return run(*o); };
}

}  // namespace barker

// serve: an engine that answers over HTTP until SIGTERM or SIGINT.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>

#include "index/commands/commands.h"
#include "index/commands/hangup.h"
#include "index/commands/stop_signals.h"
#include "index/profiles/profiles.h"
#include "index/server/access_log.h"
#include "index/server/engine_service.h"
#include "index/server/http_server.h"
#include "index/server/routes.h"
#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/command/options.h"
#include "models/weights/directory.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

constexpr size_t kMaxConfiguration = 1 << 20;  // bytes

struct Options {
  EngineOptions engine;
  ServerOptions server;
  std::string config_file, users, admin_token, access_log, salt;
  size_t deadline_ms = 200, ready_grace_ms = 1000, stop_timeout_ms = 30000, longest_wait_ms = 200;
};

// The users of a file. They are read by all searches, and can be removed. [any thread]
class KnownUsers {
 public:
  Status read_file(const std::string& path) {
    BadLines bad;
    auto users = read_profiles(path, bad);
    if (!users.ok()) return users.status();
    std::cerr << visible_lines(bad.report(path));
    users_ = std::move(*users);
    return {};
  }
  void read(const std::string& id, Profile& into) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto found = users_.find(id);
    if (found != users_.end()) into = found->second;
  }
  std::optional<Profile> find(const std::string& id) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto found = users_.find(id);
    return found == users_.end() ? std::nullopt : std::optional(found->second);
  }
  bool remove(const std::string& id) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    return users_.erase(id) > 0;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Profile> users_;
};

// A server may have more connections than the soft limit of descriptors that a shell gives.
void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Takes the signals that a service gets: SIGTERM and SIGINT end it, after /readyz has failed for as long
// as a load balancer needs to see it; a second one ends it at once.
void serve_until_stopped(HttpServer& server, std::atomic<bool>& is_ready, const Options& options) {
  for (const std::string& address : server.addresses()) std::cout << address << "\n";
  std::cout.flush();
  wait_for_stop_signal();
  is_ready = false;
  wait_for_stop_signal(std::chrono::milliseconds(options.ready_grace_ms));
  const size_t cut_off = server.stop();
  if (cut_off > 0) std::cerr << "barker serve: " << cut_off << " connections were cut off\n";
}

void fill_parts(ServiceParts& parts, const Options& options, KnownUsers& users,
                const std::atomic<bool>& is_ready) {
  parts.is_ready = [&is_ready] { return is_ready.load(); };
  parts.read_user = [&users](const std::string& id, Profile& into) { users.read(id, into); };
  parts.find_user = [&users](const std::string& id) -> Result<std::optional<Profile>> {
    return users.find(id);
  };
  parts.remove_user = [&users](const std::string& id) -> Result<bool> { return users.remove(id); };
  parts.take_click = [](const Click&) { return Status(); };
  parts.metrics = []() -> Result<std::string> {
    return Status(Code::kUnsupported, "This server has no counters.");
  };
  parts.promote = [weights = options.engine.watched.weights] {
    return promote_label(weights, "canary");
  };
  parts.change_ads = [](const std::string&) -> Result<std::string> {
    return Status(Code::kUnsupported, "This engine cannot change its catalogue.");
  };
  parts.reload_catalogue = []() -> Result<std::string> {
    return Status(Code::kUnsupported, "This engine cannot change its catalogue.");
  };
}

Result<int> run(Options& options) {
  block_hangup();  // before the engine starts threads
  block_stop_signals();
  raise_descriptor_limit();
  if (!options.config_file.empty()) {
    Result<std::string> config = read_small_file(options.config_file, kMaxConfiguration);
    if (!config.ok()) return config.status();
    options.engine.config = *std::move(config);
  }
  if (options.engine.plugin.empty()) options.engine.plugin = default_plugin_path();
  options.engine.watch = true;
  options.server.stop_timeout = std::chrono::milliseconds(options.stop_timeout_ms);
  options.server.longest_wait = std::chrono::milliseconds(options.longest_wait_ms);
  KnownUsers users;
  if (!options.users.empty()) {
    if (Status s = users.read_file(options.users); !s.ok()) return s;
  }
  std::unique_ptr<AccessLog> log;
  if (!options.access_log.empty()) {
    const std::string salt_file =
        options.salt.empty() ? options.access_log + ".salt" : options.salt;
    const Result<UserSalt> salt = UserSalt::open(salt_file);
    if (!salt.ok()) return salt.status();
    Result<std::unique_ptr<AccessLog>> opened = AccessLog::open(options.access_log, *salt);
    if (!opened.ok()) return opened.status();
    log = std::move(*opened);
  }
  Result<std::unique_ptr<Engine>> engine = Engine::open(options.engine);
  if (!engine.ok()) return engine.status();
  ServiceParts parts{.engine = **engine};
  parts.deadline = std::chrono::milliseconds(options.deadline_ms);
  if (!options.admin_token.empty()) {
    Result<AdminToken> token = AdminToken::read(options.admin_token);
    if (!token.ok()) return token.status();
    parts.token = std::move(*token);
  }
  std::atomic<bool> is_ready = true;
  fill_parts(parts, options, users, is_ready);
  ServerHooks hooks;
  hooks.make_handler = [&parts]() -> Handler {
    return [service = std::make_shared<EngineService>(parts)](const HttpRequest& request) {
      return answer(request, *service);
    };
  };
  if (log) hooks.finished = [&log](const FinishedRequest& request) { log->add(request); };
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(options.server, hooks);
  if (!server.ok()) return server.status();
  const HangupListener hangups([&engine, &log] {
    (*engine)->reload();
    if (log) log->reopen();
  });
  serve_until_stopped(**server, is_ready, options);
  return kExitOk;
}

void add_limits(CLI::App& command, Options& o) {
  command.add_option("--threads", o.server.search_threads, "Threads that search")
      ->check(CLI::Range(1, 1024))
      ->group(kServing);
  command.add_option("--io-threads", o.server.io_threads, "Threads that read and write")
      ->check(CLI::Range(1, 64))
      ->group(kServing);
  command.add_option("--queue", o.server.most_waiting, "Searches that may wait for a thread")
      ->check(CLI::Range(1, 1 << 20))
      ->group(kServing);
  command
      .add_option("--deadline-ms", o.deadline_ms,
                  "Milliseconds that a search may take which brings no deadline; 0: any time")
      ->check(CLI::Range(0, 60000))
      ->group(kServing);
  command
      .add_option("--longest-wait-ms", o.longest_wait_ms,
                  "Milliseconds after which a search that still waits is refused")
      ->check(CLI::Range(1, 60000))
      ->group(kServing);
  command
      .add_option("--rate", o.server.requests_per_second,
                  "Requests a second that one client may make; 0: any number")
      ->check(CLI::NonNegativeNumber)
      ->group(kServing);
  command.add_option("--burst", o.server.burst, "Requests that one client may make at once")
      ->check(CLI::Range(1, 1 << 20))
      ->group(kServing);
  command
      .add_option("--ready-grace-ms", o.ready_grace_ms,
                  "Milliseconds for which /readyz fails before the server stops")
      ->check(CLI::Range(0, 600000))
      ->group(kServing);
  command
      .add_option("--stop-timeout-ms", o.stop_timeout_ms,
                  "Milliseconds for requests that run when the server stops")
      ->check(CLI::Range(0, 600000))
      ->group(kServing);
}

}  // namespace

Command add_serve_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  Options& o = *options;
  o.server.search_threads = std::max(1u, std::thread::hardware_concurrency());
  CLI::App* command = app.add_subcommand("serve", "Answer searches over HTTP until SIGTERM");
  command->add_option("--index", o.engine.index, "Directory that `barker index` wrote")
      ->required()
      ->type_name(kDirectory)
      ->group(kInput);
  command->add_option("--synonyms", o.engine.synonyms, "File of words that find each other")
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--candidates", o.engine.limit, "Number of ads of the first pass")
      ->check(CLI::Range(1, BARKER_MAX_ADS))
      ->group(kInput);
  command->add_option("--users", o.users, "Profiles as JSON Lines (index/profiles/profiles.h)")
      ->type_name(kFile)
      ->group(kUser);
  command
      ->add_option("--weights", o.engine.watched.weights,
                   "Weight file, or weights directory for its CURRENT version")
      ->type_name(kFileOrDirectory)
      ->group(kModel);
  command->add_option("--config", o.config_file, "TOML configuration of the plugin")
      ->type_name(kFile)
      ->group(kModel);
  command->add_option("--rules", o.engine.watched.rules, "TOML file of what must not be shown")
      ->type_name(kFile)
      ->group(kModel);
  command->add_option("--plugin", o.engine.plugin, "libbarker.so")
      ->type_name(kFile)
      ->default_str("beside this command")
      ->group(kModel);
  command
      ->add_option("--listen", o.server.listen,
                   "ADDRESS:PORT, [IPv6]:PORT or unix:PATH; port 0 takes a free one; repeatable")
      ->type_name("ADDRESS")
      ->group(kServing);
  command
      ->add_option("--admin-token", o.admin_token,
                   "File with the administrator's token, which only its owner can read; without it "
                   "administrators' calls are off")
      ->type_name(kFile)
      ->group(kServing);
  command->add_option("--access-log", o.access_log, "File of one JSON line a request; - is stderr")
      ->type_name(kFile)
      ->group(kServing);
  command
      ->add_option("--salt", o.salt,
                   "File of the salt for users in the access log, made if missing")
      ->default_str("the access log with .salt behind it")
      ->type_name(kFile)
      ->group(kServing);
  add_limits(*command, o);
  return [options] { return run(*options); };
}

}  // namespace barker

#include "index/server/running_service.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>

#include "index/config/values.h"
#include "index/log/kafka_sink.h"
#include "index/server/access_log.h"
#include "index/server/engine_service.h"
#include "index/server/http_server.h"
#include "index/server/routes.h"
#include "index/server/service_options.h"
#include "models/base/input_file.h"
#include "models/text/text.h"

namespace barker {
namespace {

using std::chrono::milliseconds;

// One call, so that the messages of threads do not mix. It does not fail for good as std::cerr
// does, which is silent once the disk of its file was full.
void say(const std::string& sentence) {
  std::fputs(("barker serve: " + visible(sentence) + "\n").c_str(), stderr);
}

// `learner` outlives the store; null: there are no users' own states.
Result<std::unique_ptr<ProfileStore>> open_profiles(const ProfilesConfig& config,
                                                    StateLearner* learner) {
  ProfileStoreOptions options = profile_store_options(config);
  options.report = say;
  if (learner) {
    options.learn = [learner](const Lesson& lesson, LearnedState& state) {
      return learner->learn(lesson, state);
    };
  }
  Result<std::unique_ptr<ProfileStore>> store = open_profile_store(options);
  if (!store.ok()) return with_key("profiles.store", store.status());
  if (config.users.empty()) return store;
  const Result<ProfileImport> filled = fill_profiles(**store, config.users);
  if (!filled.ok()) {
    const bool is_of_file = filled.status().message().starts_with(input_name(config.users) + ":");
    return with_key(is_of_file ? "profiles.users" : "profiles.store", filled.status());
  }
  std::fputs(filled->bad.report(visible(config.users)).c_str(), stderr);
  return store;
}

Result<std::unique_ptr<EventLog>> open_events(const LogConfig& config, KafkaSink* kafka) {
  EventLogOptions options = event_log_options(config);
  options.report = say;
  if (kafka) options.copy_to = [kafka](std::string_view line) { (void)kafka->append(line); };
  return EventLog::open(options);
}

PluginCounts plugin_counts(const Engine& engine) {
  const barker_stats s = engine.plugin_stats();
  return {.queries = s.queries,
          .rescored = s.rescored,
          .partial = s.partial,
          .bypassed = s.bypassed,
          .errors = s.errors,
          .ads_rescored = s.ads_rescored,
          .titles_rewritten = s.titles_rewritten,
          .bad_ads = s.bad_ads,
          .loads = s.loads,
          .loads_refused = s.loads_refused + engine.weights_unreadable(),
          .query_keywords = s.query_keywords,
          .query_keywords_unknown = s.query_keywords_unknown,
          .user_tokens = s.user_tokens,
          .user_tokens_unknown = s.user_tokens_unknown,
          .candidates = s.candidates,
          .candidates_unknown = s.candidates_unknown,
          .groups_ignored = s.groups_ignored,
          .unknown_surfaces = s.unknown_surfaces,
          .titles_with_decorations = s.titles_with_decorations,
          .titles_with_punctuation = s.titles_with_punctuation,
          .titles_with_repeats = s.titles_with_repeats,
          .titles_with_capitals = s.titles_with_capitals,
          .candidates_scored = s.candidates_scored,
          .candidates_rescored = s.candidates_rescored,
          .screen_violations = s.screen_violations,
          .invalid_utf8 = s.invalid_utf8,
          .user_states = s.user_states,
          .user_states_other_tower = s.user_states_other_tower,
          .user_states_damaged = s.user_states_damaged,
          .user_states_learned = s.user_states_learned,
          .generation = s.generation};
}

std::vector<std::string> route_paths() {
  std::vector<std::string> paths;
  for (const Route& route : routes()) {
    if (std::ranges::find(paths, route.path) == paths.end()) paths.push_back(route.path);
  }
  return paths;
}

}  // namespace

// In the order in which they depend on each other; they are destroyed the other way round.
struct RunningService::Parts {
  Status open(const ServiceConfig& config, const ServiceHooks& hooks);
  Status open_access_log(const ServerConfig& config);
  Status fill_service(const ServiceConfig& config, const ServiceHooks& hooks);
  Status open_engine_and_profiles(const ServiceConfig& config, const ServiceHooks& hooks);
  void register_metrics(const WeightsConfig& followed);
  void register_states();
  ServerHooks server_hooks();

  ServiceMetrics metrics{route_paths()};
  Registry registry;
  std::unique_ptr<Engine> engine;
  std::optional<StateLearner> learner;  // nothing: there are no users' own states
  std::unique_ptr<ProfileStore> profiles;
  std::unique_ptr<KafkaSink> kafka;  // outlives `events`
  std::unique_ptr<EventLog> events;
  std::unique_ptr<AccessLog> access_log;
  std::optional<ServiceParts> service;
  std::unique_ptr<HttpServer> server;
  // The server for its own threads, which may ask for its counts before start() has returned it.
  std::atomic<const HttpServer*> counted = nullptr;
};

Status RunningService::Parts::open_access_log(const ServerConfig& config) {
  if (config.access_log.empty()) return {};
  const Result<UserSalt> salt =
      config.salt_file.empty() ? UserSalt::create() : UserSalt::open(config.salt_file);
  if (!salt.ok()) return with_key("server.salt_file", salt.status());
  Result<std::unique_ptr<AccessLog>> opened = AccessLog::open(config.access_log, *salt, say);
  if (!opened.ok()) return with_key("server.access_log", opened.status());
  access_log = std::move(*opened);
  return {};
}

Status RunningService::Parts::fill_service(const ServiceConfig& config, const ServiceHooks& hooks) {
  service.emplace(*engine, *profiles, metrics, registry, events.get());
  service->deadline = milliseconds(config.server.deadline_ms);
  service->profile_budget = milliseconds(config.profiles.read_budget_ms);
  service->bar = bar_options(config.features);
  service->foreign_clicks = std::make_unique<RateLimit>(
      config.server.foreign_clicks, std::max(1.0, config.server.foreign_clicks));
  if (learner) {
    service->waiting = std::make_unique<WaitingPages>(
        WaitingPagesOptions{.wait = milliseconds(config.profiles.state_wait_ms)},
        [this](Lesson lesson) {
          std::string user = lesson.page->user.user;
          (void)profiles->record({std::move(user), ClickKind::kNone, {}, 0, std::move(lesson)});
        });
  }
  if (!config.weights.path.empty()) {
    service->publish = [publish = hooks.publish, directory = config.weights.path](
                           const std::string& file, bool as_canary) {
      return publish(file, directory, as_canary ? "canary" : "");
    };
    service->promote = [promote = hooks.promote, directory = config.weights.path] {
      return promote(directory);
    };
  }
  service->describe = hooks.describe;
  service->suggestions = Suggestions(*engine);
  service->page = {.users = items_of(config.page.users),
                   .deadline = service->deadline,
                   .has_administrator = !config.server.admin_token.empty()};
  if (config.server.admin_token.empty()) return {};
  Result<AdminToken> token = AdminToken::create(config.server.admin_token);
  if (!token.ok()) return token.status();
  service->token = std::move(*token);
  return {};
}

void RunningService::Parts::register_metrics(const WeightsConfig& followed) {
  metrics.register_with(registry);
  register_plugin(registry, [this] { return plugin_counts(*engine); });
  if (!followed.rules.empty()) {
    register_refusal(registry, "rules", [this] { return engine->are_rules_refused(); });
  }
  if (!followed.experiments.empty()) {
    register_refusal(registry, "experiments", [this] { return engine->are_experiments_refused(); });
  }
  register_process(registry);
  register_queue(registry, "search", [this]() -> QueueCounts {
    const HttpServer* const serving = counted.load(std::memory_order_acquire);
    if (!serving) return {};
    const ServerCounts counts = serving->counts();
    return {counts.waiting, counts.shed};
  });
  register_queue(registry, "profiles", [this]() -> QueueCounts {
    const ProfileCounters counts = profiles->counters();
    return {counts.waiting, counts.dropped};
  });
  register_profiles(registry, [this]() -> ProfileCounts {
    const ProfileCounters counts = profiles->counters();
    return {.unavailable = counts.unavailable,
            .malformed = counts.malformed,
            .refused = counts.refused,
            .write_errors = counts.write_errors,
            .expired = counts.expired};
  });
  register_states();
  if (access_log) {
    register_queue(registry, "access_log", [this]() -> QueueCounts {
      const AccessLog::Counts counts = access_log->counts();
      return {counts.waiting, counts.dropped};
    });
  }
  if (!events) return;
  register_queue(registry, "event_log", [this]() -> QueueCounts {
    const EventLogStatus status = events->status();
    return {status.queue_bytes, status.dropped};
  });
  if (kafka) {
    register_queue(registry, "kafka", [this]() -> QueueCounts {
      const KafkaStatus status = kafka->status();
      return {status.waiting, status.dropped + status.failed};
    });
    register_kafka(registry, [this]() -> KafkaCounts {
      const KafkaStatus status = kafka->status();
      return {status.errors, status.is_failing};
    });
  }
  register_event_log(registry, [this]() -> EventLogCounts {
    const EventLogStatus status = events->status();
    return {status.errors, status.is_failing};
  });
}

void RunningService::Parts::register_states() {
  register_user_states(registry, [this]() -> UserStateCounts {
    if (!service->waiting) return {};
    const WaitingPages::Counts pages = service->waiting->counts();
    return {.pages_clicked = pages.clicked,
            .pages_passed_over = pages.passed_over,
            .unknown_clicks = pages.unknown,
            .untaught = profiles->counters().untaught};
  });
  register_queue(registry, "user_states", [this]() -> QueueCounts {
    if (!service->waiting) return {};
    const WaitingPages::Counts pages = service->waiting->counts();
    return {pages.waiting, pages.dropped};
  });
}

ServerHooks RunningService::Parts::server_hooks() {
  ServerHooks hooks;
  hooks.make_handler = [this]() -> Handler {
    return [each = std::make_shared<EngineService>(*service)](const HttpRequest& request) {
      return answer(request, *each);
    };
  };
  hooks.finished = [this](const FinishedRequest& request) {
    metrics.count_request(request.route, request.response.status, request.seconds);
    if (access_log) access_log->add(request);
  };
  hooks.shed = [this] { metrics.sheds.add(); };
  hooks.rate_limited = [this] { metrics.rate_limited.add(); };
  hooks.connections = [this](int64_t change) { metrics.connections.add(change); };
  hooks.connection_refused = [this] { metrics.connections_refused.add(); };
  return hooks;
}

Status RunningService::Parts::open_engine_and_profiles(const ServiceConfig& config,
                                                       const ServiceHooks& hooks) {
  Result<std::unique_ptr<Engine>> opened = Engine::open(engine_options(config, hooks.plugin));
  if (!opened.ok()) return with_key_of_path(config, opened.status());
  engine = std::move(*opened);
  if (config.profiles.user_state) learner.emplace(*engine);
  Result<std::unique_ptr<ProfileStore>> store =
      open_profiles(config.profiles, learner ? &*learner : nullptr);
  if (!store.ok()) return store.status();
  profiles = std::move(*store);
  return {};
}

Status RunningService::Parts::open(const ServiceConfig& config, const ServiceHooks& hooks) {
  if (config.index.path.empty()) {
    return invalid_argument("--index DIR is missing, and so is path in the table [index]");
  }
  if (Status s = open_engine_and_profiles(config, hooks); !s.ok()) return s;
  if (!config.log.directory.empty()) {
    // load_config() refuses brokers without a directory.
    if (!config.log.kafka_brokers.empty()) {
      Result<std::unique_ptr<KafkaSink>> sink =
          KafkaSink::open({.brokers = config.log.kafka_brokers,
                           .topic = config.log.kafka_topic,
                           .queue_bytes = config.log.queue_bytes,
                           .settings = {},
                           .report = say});
      if (!sink.ok()) return with_key("log.kafka_brokers", sink.status());
      kafka = std::move(*sink);
    }
    Result<std::unique_ptr<EventLog>> log = open_events(config.log, kafka.get());
    if (!log.ok()) return with_key("log.directory", log.status());
    events = std::move(*log);
  }
  if (Status s = open_access_log(config.server); !s.ok()) return s;
  if (Status s = fill_service(config, hooks); !s.ok()) return s;
  register_metrics(config.weights);
  Result<std::unique_ptr<HttpServer>> started =
      HttpServer::start(server_options(config.server), server_hooks());
  if (!started.ok()) return with_key("server.listen", started.status());
  server = std::move(*started);
  counted.store(server.get(), std::memory_order_release);
  return {};
}

Result<std::unique_ptr<RunningService>> RunningService::start(const ServiceConfig& config,
                                                              const ServiceHooks& hooks) {
  auto parts = std::make_unique<Parts>();
  if (Status s = parts->open(config, hooks); !s.ok()) return s;
  return std::unique_ptr<RunningService>(new RunningService(std::move(parts)));
}

RunningService::RunningService(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RunningService::~RunningService() { stop(); }

const std::vector<std::string>& RunningService::addresses() const {
  return parts_->server->addresses();
}

void RunningService::reload() const {
  parts_->engine->reload();
  if (parts_->access_log) parts_->access_log->reopen();
}

void RunningService::fail_readiness() { parts_->service->is_ready = false; }

size_t RunningService::stop() { return parts_->server->stop(); }

Status RunningService::flush() {
  Status first;
  if (parts_->events) first = parts_->events->flush();
  const Status profiles = parts_->profiles->flush();
  return first.ok() ? profiles : first;
}

}  // namespace barker

#include "index/server/service_options.h"

#include <algorithm>
#include <chrono>

#include "index/config/values.h"
#include "models/base/cores.h"

namespace barker {

using std::chrono::milliseconds;

EngineOptions engine_options(const ServiceConfig& config, const std::string& plugin) {
  EngineOptions options;
  options.index = config.index.path;
  options.synonyms = config.index.synonyms;
  options.limit = config.index.candidates;
  options.watched.weights = config.weights.path;
  options.watched.rules = config.weights.rules;
  options.watched.experiments = config.weights.experiments;
  options.watched.probation_seconds = config.weights.probation_s;
  options.watched.most_failures = config.weights.most_failures;
  options.watched.slowest = config.weights.slowest;
  options.watch = config.weights.watch;
  options.obey = true;  // calls of administrators, and SIGHUP
  options.admin = config.server.admin_socket;
  options.plugin = config.server.plugin_library.empty() ? plugin : config.server.plugin_library;
  options.config = config.plugin;
  options.follow = options.rebuild = true;
  options.user_states = config.profiles.user_state;
  options.auction = {config.auction.reserve, config.auction.budgets, config.auction.time_zone};
  return options;
}

ServerOptions server_options(const ServerConfig& config) {
  ServerOptions options;
  options.listen = items_of(config.listen);
  options.search_threads = config.threads > 0 ? config.threads : usable_cores();
  options.io_threads = std::max<size_t>(1, options.search_threads / 4);
  options.most_waiting = config.queue;
  // What waited for half of its time still has the other half for the search itself.
  options.longest_wait = milliseconds(std::max<uint64_t>(1, config.deadline_ms / 2));
  options.most_header = config.max_header_bytes;
  options.most_body = config.max_body_bytes;
  options.most_connections = config.connections;
  options.most_connections_of_one = config.connections_per_address;
  options.requests_per_second = config.rate_per_client;
  options.burst = static_cast<double>(config.burst);
  options.idle_timeout = options.read_timeout = options.write_timeout =
      milliseconds(config.idle_timeout_ms);
  options.stop_timeout = milliseconds(config.stop_timeout_ms);
  return options;
}

ProfileStoreOptions profile_store_options(const ProfilesConfig& config) {
  constexpr int64_t kForever = int64_t{10000} * 365 * 24 * 3600;
  ProfileStoreOptions options;
  options.store = config.store;
  options.limits.keywords = options.limits.sfs = config.most_keywords;
  options.limits.seconds_to_live =
      config.ttl_days == 0 ? kForever : static_cast<int64_t>(config.ttl_days) * 24 * 3600;
  options.redis_read = std::chrono::milliseconds(config.read_budget_ms);
  return options;
}

EventLogOptions event_log_options(const LogConfig& config) {
  EventLogOptions options;
  options.directory = config.directory;
  options.queue_bytes = config.queue_bytes;
  options.flush_interval = milliseconds(config.flush_ms);
  options.flush_bytes = config.flush_bytes;
  options.rotate_bytes = config.rotate_bytes;
  options.rotate_age = std::chrono::seconds(config.rotate_s);
  options.compression = config.compress == "zstd"   ? Compression::kZstd
                        : config.compress == "gzip" ? Compression::kGzip
                                                    : Compression::kNone;
  options.retention.most_age_ms = static_cast<int64_t>(config.retention_days) * 24 * 3600 * 1000;
  return options;
}

FeatureBarOptions bar_options(const FeaturesConfig& config) {
  return {
      .count = config.count,
      .exploration = config.exploration,
      .order = config.order == "shuffled" ? FeatureOrder::kShuffled : FeatureOrder::kAttraction};
}

}  // namespace barker

#include "index/config/keys.h"

#include <algorithm>

namespace barker {
namespace {

template <auto group, auto member>
ConfigField field(ServiceConfig& config) {
  return &(config.*group.*member);
}

constexpr double kDayMs = 86'400'000;
constexpr double kMebibyte = 1 << 20, kGibibyte = 1 << 30;
constexpr double kMostMoney = 1e12;  // BARKER_MAX_NUMBER of plugin/barker.h

using enum KeyKind;

template <auto member>
constexpr auto server = &field<&ServiceConfig::server, member>;
template <auto member>
constexpr auto index_of = &field<&ServiceConfig::index, member>;
template <auto member>
constexpr auto weights = &field<&ServiceConfig::weights, member>;
template <auto member>
constexpr auto profiles = &field<&ServiceConfig::profiles, member>;
template <auto member>
constexpr auto event_log = &field<&ServiceConfig::log, member>;
template <auto member>
constexpr auto auction = &field<&ServiceConfig::auction, member>;
template <auto member>
constexpr auto features = &field<&ServiceConfig::features, member>;
template <auto member>
constexpr auto page = &field<&ServiceConfig::page, member>;

std::vector<Key> server_keys() {
  using S = ServerConfig;
  return {
      {"server.listen", kAddress, server<&S::listen>,
       "The addresses and ports on which requests are answered, or Unix sockets; port 0 takes any "
       "that is free.",
       0, 0, 1, "listen"},
      {"server.threads", kInteger, server<&S::threads>,
       "The number of threads that search; 0 takes one for each core that the process may use.", 0,
       1024, 1, "threads"},
      {"server.queue", kInteger, server<&S::queue>,
       "How many searches may wait for a thread before further ones are refused with 503.", 1,
       100'000},
      {"server.deadline", kDuration, server<&S::deadline_ms>,
       "How long a search may take before its answer goes out as far as it is rescored.", 1,
       60'000},
      {"server.max_body", kSize, server<&S::max_body_bytes>,
       "The largest body of a request that is read.", 1024, kGibibyte},
      {"server.max_header", kSize, server<&S::max_header_bytes>,
       "The largest head of a request that is read, request line and fields together.", 1024,
       kMebibyte},
      {"server.idle_timeout", kDuration, server<&S::idle_timeout_ms>,
       "How long a connection may be idle, and how long one request may take to arrive.", 100,
       3'600'000},
      {"server.ready_grace", kDuration, server<&S::ready_grace_ms>,
       "How long /readyz fails after SIGTERM before the server stops.", 0, 3'600'000},
      {"server.stop_timeout", kDuration, server<&S::stop_timeout_ms>,
       "How long requests that run may take to end when the server stops.", 0, 3'600'000},
      {"server.connections", kInteger, server<&S::connections>,
       "How many connections may be open at once.", 1, 1'000'000},
      {"server.connections_per_address", kInteger, server<&S::connections_per_address>,
       "How many connections one address may have open at once.", 1, 1'000'000},
      {"server.rate_per_client", kNumber, server<&S::rate_per_client>,
       "How many requests a second one client may make on average; 0 sets no limit.", 0, 1e6},
      {"server.burst", kInteger, server<&S::burst>,
       "How many requests a client may make at once before its rate counts.", 1, 1'000'000},
      {"server.foreign_clicks", kNumber, server<&S::foreign_clicks>,
       "How many clicks and opt-outs a second are taken of pages that this server does not "
       "remember, such as those of other engines of the service; 0 sets no limit.",
       0, 1e6},
      {"server.admin_token", kSecret, server<&S::admin_token>,
       "The bearer token of admin calls, at least 16 letters; without one they are switched off."},
      {"server.admin_token_file", kPath, server<&S::admin_token_file>,
       "A file that holds the bearer token of admin calls."},
      {"server.access_log", kPath, server<&S::access_log>,
       "The file that gets one line of JSON for each request; - is standard output, and an empty "
       "text switches it off."},
      {"server.salt_file", kPath, server<&S::salt_file>,
       "The file with the salt by which user ids are hashed in the access log, made if missing; "
       "without one, each start makes a new salt."},
      {"server.admin_socket", kPath, server<&S::admin_socket>,
       "The Unix socket on which `barker admin` is answered.", 0, 0, 1, "admin"},
      {"server.plugin_library", kPath, server<&S::plugin_library>,
       "The plugin, libbarker.so; an empty text takes the one beside the command.", 0, 0, 1,
       "plugin"},
  };
}

std::vector<Key> engine_keys() {
  using W = WeightsConfig;
  return {
      {"index.path", kPath, index_of<&IndexConfig::path>,
       "The directory that `barker index` wrote.", 0, 0, 1, "index"},
      {"index.synonyms", kPath, index_of<&IndexConfig::synonyms>,
       "A file of words that find each other.", 0, 0, 1, "synonyms"},
      {"index.candidates", kInteger, index_of<&IndexConfig::candidates>,
       "How many ads the first pass hands to the plugin.", 1, 10'000, 1, "candidates"},
      {"weights.path", kPath, weights<&W::path>,
       "A weight file, or a weights directory for its CURRENT version; without it nothing is "
       "rescored.",
       0, 0, 1, "weights"},
      {"weights.watch", kSwitch, weights<&W::watch>,
       "Whether weights are loaded again when CURRENT, the label canary or the file changes; "
       "without it, they are at the start and when asked for (admin calls, SIGHUP).",
       0, 0, 1, "watch"},
      {"weights.rules", kPath, weights<&W::rules>,
       "A file of what must not be shown, which is read again when it changes.", 0, 0, 1, "rules"},
      {"weights.experiments", kPath, weights<&W::experiments>,
       "A file of experiments: who sees which arm. It is read again when it changes.", 0, 0, 1,
       "experiments"},
      {"weights.probation", kDuration, weights<&W::probation_s>,
       "How long new weights are on probation.", 0, 86'400, 1000, "probation"},
      {"weights.most_failures", kNumber, weights<&W::most_failures>,
       "The share of failed queries beyond which weights on probation are taken back.", 0, 1, 1,
       "most-failures"},
      {"weights.slowest", kNumber, weights<&W::slowest>,
       "The multiple of the former p99 beyond which weights on probation are taken back, where a "
       "rank test shows it at the level 1%; 0 sets no limit.",
       0, 1000, 1, "slowest"},
  };
}

std::vector<Key> storage_keys() {
  using P = ProfilesConfig;
  using L = LogConfig;
  return {
      {"profiles.store", kStore, profiles<&P::store>,
       "Where histories live: memory:, lmdb:PATH, redis://[:PASSWORD@]HOST[:PORT][/DATABASE] or "
       "unix:SOCKET of a Redis."},
      {"profiles.users", kPath, profiles<&P::users>,
       "Profiles as JSON Lines with which the store is filled at the start: users whom it knows "
       "keep what they have, and a file that it was filled with before is not read again.",
       0, 0, 1, "users"},
      {"profiles.ttl", kDuration, profiles<&P::ttl_days>,
       "How long a user who does nothing is remembered, in whole days; 0 is for ever.", 0, 36'500,
       kDayMs},
      {"profiles.most_keywords", kInteger, profiles<&P::most_keywords>,
       "How many keywords of recent clicks a user keeps; the oldest leave first.", 1, kMostHistory},
      {"profiles.read_budget", kDuration, profiles<&P::read_budget_ms>,
       "How long a query waits for a history of another process before it goes on without.", 1,
       10'000},
      {"profiles.user_state", kSwitch, profiles<&P::user_state>,
       "Whether a state of each user is learned from the features that were shown and clicked, "
       "kept "
       "in the store and searched with."},
      {"profiles.state_wait", kDuration, profiles<&P::state_wait_ms>,
       "How long the features of a page wait for a click before a state learns that they were "
       "passed over.",
       100, kDayMs},
      {"log.directory", kPath, event_log<&L::directory>,
       "The directory of the event log; without one no events are written."},
      {"log.flush_interval", kDuration, event_log<&L::flush_ms>,
       "The longest time before an event is on disk.", 1, 3'600'000},
      {"log.flush_size", kSize, event_log<&L::flush_bytes>,
       "How many bytes of events wait at most before they are written to disk, and never more "
       "than half of log.queue_size.",
       1024, kGibibyte},
      {"log.rotate_size", kSize, event_log<&L::rotate_bytes>,
       "The size of a log file at which the next one begins.", 64 * 1024, 64 * kGibibyte},
      {"log.rotate_interval", kDuration, event_log<&L::rotate_s>,
       "The age of a log file at which the next one begins.", 1, 31 * 86'400, 1000},
      {.name = "log.compress",
       .kind = kChoice,
       .field = event_log<&L::compress>,
       .about = "How log files are compressed.",
       .choices = {"zstd", "gzip", "none"}},
      {"log.queue_size", kSize, event_log<&L::queue_bytes>,
       "How many bytes of events may wait for the disk before further ones are dropped.", 64 * 1024,
       4 * kGibibyte},
      {"log.retention", kDuration, event_log<&L::retention_days>,
       "After how many whole days a log file is removed; 0 keeps all.", 0, 36'500, kDayMs},
      {"log.kafka_brokers", kText, event_log<&L::kafka_brokers>,
       "Brokers of Kafka, HOST:PORT with commas between them, which get each event that "
       "log.directory gets; without any the files alone do."},
      {"log.kafka_topic", kText, event_log<&L::kafka_topic>, "The topic for events in Kafka."},
  };
}

std::vector<Key> page_keys() {
  using A = AuctionConfig;
  using F = FeaturesConfig;
  return {
      {"auction.reserve", kNumber, auction<&A::reserve>,
       "The least bid that takes part, and the least price of a click.", 0, kMostMoney, 1,
       "reserve"},
      {"auction.budgets", kPath, auction<&A::budgets>,
       "The file of what ads spent today, made if missing; without one spending is not counted.", 0,
       0, 1, "budgets"},
      {"auction.time_zone", kTimeZone, auction<&A::time_zone>,
       "The zone at whose midnight budgets are full again, such as Europe/Berlin.", 0, 0, 1,
       "time-zone"},
      {"features.count", kInteger, features<&F::count>,
       "How many specific features a page offers as filters; 0 offers none.", 0, 50},
      {"features.exploration", kNumber, features<&F::exploration>,
       "The share of these places that is filled at random, so that clicks on all features are "
       "seen.",
       0, 1},
      {.name = "features.order",
       .kind = kChoice,
       .field = features<&F::order>,
       .about = "Whether the feature that attracts most stands first, or all stand at random.",
       .choices = {"attraction", "shuffled"}},
      {"page.users", kText, page<&PageConfig::users>,
       "Users with commas between them whom the page at / offers. Everybody who reaches the page "
       "sees their histories."},
  };
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  for (auto* part : {server_keys, engine_keys, storage_keys, page_keys}) {
    for (Key& key : part()) keys.push_back(std::move(key));
  }
  return keys;
}

constexpr ConfigTable kTables[] = {
    {"server", "How requests are taken and answered."},
    {"index", "What is searched."},
    {"weights", "By what the plugin rescores, and how new weights are judged."},
    {"profiles", "What is remembered of users."},
    {"log", "The log of impressions and clicks, from which the model learns."},
    {"auction", "What clicks cost, and who can pay for them."},
    {"features", "The bar of specific features above the results."},
    {"page", "The page at /, on which people look at searches, operations and weights."},
};

}  // namespace

std::string Key::variable() const {
  std::string text = "BARKER_";
  for (const char c : name) {
    text += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  }
  return text;
}

std::string Key::flag() const {
  std::string text(name);
  std::ranges::replace(text, '.', '-');
  std::ranges::replace(text, '_', '-');
  return text;
}

std::span<const Key> config_keys() {
  static const std::vector<Key> kKeys = all_keys();
  return kKeys;
}

const Key* find_key(std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::ranges::find(keys, name, &Key::name);
  return found == keys.end() ? nullptr : &*found;
}

std::span<const ConfigTable> config_tables() { return kTables; }

}  // namespace barker

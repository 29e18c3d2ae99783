// All metrics of the service. The server counts in the members; what others count (the plugin, the
// stores, the queues) is read through callbacks when it scrapes.
//
// Label values come from the fixed sets below: neither users nor queries make series. [any thread]
// after register_with().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/metrics/arm_counters.h"
#include "index/metrics/counter.h"
#include "index/metrics/exposition.h"
#include "index/metrics/histogram.h"

namespace barker {

// A counter for each word of a fixed set, and "other" for all that is not in it.
class LabelledCounters {
 public:
  explicit LabelledCounters(std::vector<std::string> words)
      : words_(std::move(words)), counters_(words_.size() + 1) {}

  Counter& of(std::string_view word) noexcept {
    for (size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] == word) return counters_[i];
    }
    return counters_.back();
  }

  void register_with(Registry& registry, const std::string& name, const std::string& help,
                     const std::string& label) const;

 private:
  const std::vector<std::string> words_;
  std::vector<Counter> counters_;
};

// One page's stages in seconds; one that did not run is negative and is not counted.
struct StageSeconds {
  double analyse = -1, first_pass = -1, fetch = -1, rescore = -1, rewrite = -1;
};

class ServiceMetrics {
 public:
  // `routes` are the paths of the server's table, such as "/v1/search", never a path of a client.
  explicit ServiceMetrics(std::vector<std::string> routes);

  // Counts an answered request. A route that is not in the table counts as "other".
  void count_request(std::string_view route, int status, double seconds) noexcept;

  // Counts an answered search: words of plugin/host/names.h, and "refused" as a reason.
  void count_search(std::string_view status, std::string_view reason,
                    const StageSeconds& stages) noexcept;

  void register_with(Registry& registry) const;

  Counter sheds, rate_limited, connections_refused;
  Gauge connections;
  LabelledCounters impressions{{"ad", "feature"}};
  LabelledCounters clicks{{"ad", "feature"}};
  // By the codes of the answers (kRefusalCodes in index/server/service.h).
  LabelledCounters events_refused{
      {"invalid", "not-shown", "other-user", "too-many-foreign", "log-full"}};
  ArmCounters arms;

 private:
  static constexpr std::array<int, 21> kStatuses = {200, 201, 202, 204, 304, 400, 401,
                                                    403, 404, 405, 406, 408, 409, 411,
                                                    413, 415, 422, 429, 431, 500, 503};
  static constexpr std::array<std::string_view, 3> kSearches = {"rescored", "partial", "bypassed"};
  // The first stands for no reason.
  static constexpr std::array<std::string_view, 10> kReasons = {
      "",       "deadline", "no weights", "disabled",       "non-finite score",
      "no ads", "internal", "refused",    "no click rates", "other"};

  size_t route_of(std::string_view route) const noexcept;

  const std::vector<std::string> routes_;   // the last one is "other"
  std::vector<Counter> requests_;           // [routes_, kStatuses and other]
  std::vector<Histogram> request_seconds_;  // [routes_]
  std::array<Counter, kSearches.size() * kReasons.size()> searches_;
  Histogram analyse_, first_pass_, fetch_, rescore_, rewrite_;
};

// What the plugin counts, as barker_stats names it. The host fills it from barker_api.stats.
struct PluginCounts {
  uint64_t queries = 0, rescored = 0, partial = 0, bypassed = 0, errors = 0;
  uint64_t ads_rescored = 0, titles_rewritten = 0, bad_ads = 0;
  uint64_t loads = 0, loads_refused = 0;
  uint64_t query_keywords = 0, query_keywords_unknown = 0;
  uint64_t user_tokens = 0, user_tokens_unknown = 0;
  uint64_t candidates = 0, candidates_unknown = 0, groups_ignored = 0, unknown_surfaces = 0;
  uint64_t titles_with_decorations = 0, titles_with_punctuation = 0, titles_with_repeats = 0,
           titles_with_capitals = 0;
  uint64_t candidates_scored = 0, candidates_rescored = 0, screen_violations = 0;
  uint64_t invalid_utf8 = 0;
  uint64_t user_states = 0, user_states_other_tower = 0, user_states_damaged = 0,
           user_states_learned = 0;
  uint64_t generation = 0;  // 0: none serves
};
void register_plugin(Registry& registry, const std::function<PluginCounts()>& read);

// What the store of histories could not do, or removed.
struct ProfileCounts {
  uint64_t unavailable = 0;   // reads
  uint64_t malformed = 0;     // records
  uint64_t refused = 0;       // clicks
  uint64_t write_errors = 0;  // batches of clicks
  uint64_t expired = 0;       // users
};
void register_profiles(Registry& registry, const std::function<ProfileCounts()>& read);

// What users' own states learn from.
struct UserStateCounts {
  uint64_t pages_clicked = 0, pages_passed_over = 0;
  uint64_t unknown_clicks = 0;  // on pages that do not wait, or not any more
  uint64_t untaught = 0;        // lessons that taught nothing
};
void register_user_states(Registry& registry, const std::function<UserStateCounts()>& read);

// Depth and drops of a queue, whose name is of a fixed set: "search", "event_log", "access_log",
// "kafka", "profiles", "user_states".
struct QueueCounts {
  uint64_t depth = 0, dropped = 0;
};
void register_queue(Registry& registry, const std::string& queue,
                    const std::function<QueueCounts()>& read);

// Whether the event log can be written.
struct EventLogCounts {
  uint64_t errors = 0;
  bool is_failing = false;  // the last attempt to write failed
};
void register_event_log(Registry& registry, const std::function<EventLogCounts()>& read);

// Whether Kafka takes the event log's lines.
struct KafkaCounts {
  uint64_t errors = 0;
  bool is_failing = false;  // no broker can be reached, or takes lines
};
void register_kafka(Registry& registry, const std::function<KafkaCounts()>& read);

// Whether the file of rules, or of experiments, was refused as it is now. `what` is "rules" or
// "experiments"; where the server follows no such file, there is no metric of it.
void register_refusal(Registry& registry, const std::string& what,
                      const std::function<bool()>& is_refused);

// Virtual and resident bytes of this process, and those of the latter that files back, from
// /proc/self/statm.
void register_process(Registry& registry);

}  // namespace barker

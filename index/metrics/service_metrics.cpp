#include "index/metrics/service_metrics.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace barker {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// Field `field` of /proc/self/statm, which counts pages.
double statm_bytes(size_t field) {
  std::ifstream in("/proc/self/statm");
  double pages = 0;
  for (size_t i = 0; i <= field; ++i) {
    if (!(in >> pages)) return kNoValue;
  }
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void observe(Histogram& histogram, double seconds) noexcept {
  if (seconds >= 0) histogram.observe(seconds);
}

}  // namespace

void LabelledCounters::register_with(Registry& registry, const std::string& name,
                                     const std::string& help, const std::string& label) const {
  for (size_t i = 0; i < counters_.size(); ++i) {
    const std::string word = i < words_.size() ? words_[i] : "other";
    registry.add(name, help, {{label, word}}, counters_[i]);
  }
}

ServiceMetrics::ServiceMetrics(std::vector<std::string> routes)
    : routes_([&routes] {
        routes.emplace_back("other");
        return std::move(routes);
      }()),
      requests_(routes_.size() * (kStatuses.size() + 1)),
      request_seconds_(routes_.size()) {}

size_t ServiceMetrics::route_of(std::string_view route) const noexcept {
  const auto found = std::ranges::find(routes_, route);
  return found == routes_.end() ? routes_.size() - 1 : static_cast<size_t>(found - routes_.begin());
}

void ServiceMetrics::count_request(std::string_view route, int status, double seconds) noexcept {
  const size_t at = route_of(route);
  const auto code = static_cast<size_t>(std::ranges::find(kStatuses, status) - kStatuses.begin());
  requests_[at * (kStatuses.size() + 1) + code].add();
  request_seconds_[at].observe(seconds);
}

void ServiceMetrics::count_search(std::string_view status, std::string_view reason,
                                  const StageSeconds& stages) noexcept {
  // An unknown status can only be one of a later plugin, whose pages count as bypassed.
  const auto s = std::min<size_t>(
      static_cast<size_t>(std::ranges::find(kSearches, status) - kSearches.begin()),
      kSearches.size() - 1);
  const auto r =
      std::min<size_t>(static_cast<size_t>(std::ranges::find(kReasons, reason) - kReasons.begin()),
                       kReasons.size() - 1);
  searches_[s * kReasons.size() + r].add();
  observe(analyse_, stages.analyse);
  observe(first_pass_, stages.first_pass);
  observe(fetch_, stages.fetch);
  observe(rescore_, stages.rescore);
  observe(rewrite_, stages.rewrite);
}

void ServiceMetrics::register_with(Registry& registry) const {
  for (size_t route = 0; route < routes_.size(); ++route) {
    for (size_t code = 0; code <= kStatuses.size(); ++code) {
      const std::string status =
          code < kStatuses.size() ? std::to_string(kStatuses[code]) : std::string("other");
      registry.add("barker_http_requests_total", "Requests that were answered.",
                   {{"route", routes_[route]}, {"status", status}},
                   requests_[route * (kStatuses.size() + 1) + code]);
    }
  }
  for (size_t route = 0; route < routes_.size(); ++route) {
    registry.add("barker_http_request_duration_seconds",
                 "From the last byte of a request to the first byte of its answer.",
                 {{"route", routes_[route]}}, request_seconds_[route]);
  }
  for (size_t s = 0; s < kSearches.size(); ++s) {
    for (size_t r = 0; r < kReasons.size(); ++r) {
      const std::string reason(kReasons[r].empty() ? "none" : kReasons[r]);
      registry.add("barker_searches_total", "Searches by how they were answered, and why.",
                   {{"status", std::string(kSearches[s])}, {"reason", reason}},
                   searches_[s * kReasons.size() + r]);
    }
  }
  const std::pair<const char*, const Histogram*> stages[] = {{"analyse", &analyse_},
                                                             {"first_pass", &first_pass_},
                                                             {"fetch", &fetch_},
                                                             {"rescore", &rescore_},
                                                             {"rewrite", &rewrite_}};
  for (const auto& [stage, histogram] : stages) {
    registry.add("barker_stage_duration_seconds",
                 "Time of a search by stage; rewrite is a part of rescore.", {{"stage", stage}},
                 *histogram);
  }
  registry.add("barker_sheds_total", "Requests refused with 503 because too many waited.", {},
               sheds);
  registry.add("barker_rate_limited_total", "Requests refused with 429.", {}, rate_limited);
  registry.add("barker_connections_refused_total", "Connections closed because too many were open.",
               {}, connections_refused);
  registry.add("barker_connections", "Connections that are open.", {}, connections);
  impressions.register_with(registry, "barker_impressions_total",
                            "What was shown, as told by events.", "kind");
  clicks.register_with(registry, "barker_clicks_total", "Clicks, as told by events.", "kind");
  events_refused.register_with(registry, "barker_events_refused_total",
                               "Events that were refused, by the code of the answer.", "code");
  arms.register_with(registry);
}

void register_plugin(Registry& registry, const std::function<PluginCounts()>& read) {
  const auto counter = [&](const char* name, const char* help, uint64_t PluginCounts::*field) {
    registry.add_counter(name, help, {},
                         [read, field] { return static_cast<double>(read().*field); });
  };
  using P = PluginCounts;
  counter("barker_plugin_queries_total", "Queries that the plugin was asked.", &P::queries);
  counter("barker_plugin_rescored_total", "Queries rescored as a whole.", &P::rescored);
  counter("barker_plugin_partial_total", "Queries cut short by the deadline.", &P::partial);
  counter("barker_plugin_bypassed_total", "Queries that kept the first-pass order.", &P::bypassed);
  counter("barker_plugin_errors_total", "Queries that the plugin refused.", &P::errors);
  counter("barker_ads_rescored_total", "Ads that were scored.", &P::ads_rescored);
  counter("barker_titles_rewritten_total", "Titles with selling points put before them.",
          &P::titles_rewritten);
  counter("barker_bad_ads_total", "Ads that the plugin could not read.", &P::bad_ads);
  counter("barker_weights_loads_total", "Weights that were loaded.", &P::loads);
  counter("barker_weights_loads_refused_total", "Weights that were refused, or could not be read.",
          &P::loads_refused);
  counter("barker_query_keywords_total", "Keywords of queries.", &P::query_keywords);
  counter("barker_query_keywords_unknown_total", "Of these, keywords that the model lacks.",
          &P::query_keywords_unknown);
  counter("barker_user_tokens_total", "Keywords of users and tokens of groups.", &P::user_tokens);
  counter("barker_user_tokens_unknown_total", "Of these, tokens that the model lacks.",
          &P::user_tokens_unknown);
  counter("barker_groups_ignored_total", "Groups of requests that the model lacks.",
          &P::groups_ignored);
  counter("barker_unknown_surfaces_total",
          "Queries that named a width profile which the configuration lacks.",
          &P::unknown_surfaces);
  const std::pair<const char*, uint64_t P::*> rules[] = {
      {"decorations", &P::titles_with_decorations},
      {"punctuation", &P::titles_with_punctuation},
      {"repeats", &P::titles_with_repeats},
      {"capitals", &P::titles_with_capitals}};
  for (const auto& [rule, field] : rules) {
    registry.add_counter("barker_title_rules_total",
                         "Titles that a rule for feeds changed, or warned of.", {{"rule", rule}},
                         [read, field = field] { return static_cast<double>(read().*field); });
  }
  counter("barker_selling_points_total", "Selling points that were looked up.", &P::candidates);
  counter("barker_selling_points_unknown_total", "Of these, selling points that the model lacks.",
          &P::candidates_unknown);
  counter("barker_selling_points_scored_total", "Distinct selling points that were scored.",
          &P::candidates_scored);
  counter("barker_selling_points_rescored_total", "Of these, scored again in float.",
          &P::candidates_rescored);
  counter("barker_screen_violations_total",
          "Of these, further apart than the weight file's bound allows.", &P::screen_violations);
  counter("barker_invalid_utf8_total", "Byte sequences that were no UTF-8.", &P::invalid_utf8);
  const std::pair<const char*, uint64_t P::*> uses[] = {
      {"used", &P::user_states},
      {"other_tower", &P::user_states_other_tower},
      {"damaged", &P::user_states_damaged}};
  for (const auto& [use, field] : uses) {
    registry.add_counter("barker_user_states_total",
                         "Queries with a user's own state, by whether it was used.", {{"use", use}},
                         [read, field = field] { return static_cast<double>(read().*field); });
  }
  counter("barker_user_states_learned_total", "Updates of users' own states.",
          &P::user_states_learned);
  registry.add_gauges("barker_weights_info", "The generation of the weights that serve.", [read] {
    const uint64_t generation = read().generation;
    if (generation == 0) return std::vector<MetricSample>{};
    return std::vector<MetricSample>{{{{"generation", std::to_string(generation)}}, 1}};
  });
}

void register_profiles(Registry& registry, const std::function<ProfileCounts()>& read) {
  const auto counter = [&](const char* name, const char* help, uint64_t ProfileCounts::*field) {
    registry.add_counter(name, help, {},
                         [read, field] { return static_cast<double>(read().*field); });
  };
  using P = ProfileCounts;
  counter("barker_profile_reads_unavailable_total",
          "Searches without the user's history, because its store did not answer in time.",
          &P::unavailable);
  counter("barker_profile_records_malformed_total",
          "Records of users that were damaged, or written by something else.", &P::malformed);
  counter("barker_profile_clicks_refused_total",
          "Clicks that no history takes, because of the user's id or the size of the record.",
          &P::refused);
  counter("barker_profile_write_errors_total",
          "Batches of clicks that could not be written; they are tried again.", &P::write_errors);
  counter("barker_profile_users_expired_total",
          "Users whom the store forgot after their time to live. Redis removes them by itself.",
          &P::expired);
}

void register_user_states(Registry& registry, const std::function<UserStateCounts()>& read) {
  using C = UserStateCounts;
  const std::pair<const char*, uint64_t C::*> outcomes[] = {{"clicked", &C::pages_clicked},
                                                            {"passed_over", &C::pages_passed_over}};
  for (const auto& [outcome, field] : outcomes) {
    registry.add_counter(
        "barker_user_state_pages_total",
        "Pages of which users' own states learn, by what became of their features.",
        {{"outcome", outcome}},
        [read, field = field] { return static_cast<double>(read().*field); });
  }
  registry.add_counter("barker_user_state_unknown_clicks_total",
                       "Clicks on features of pages that do not wait for them, or not any more.",
                       {}, [read] { return static_cast<double>(read().unknown_clicks); });
  registry.add_counter("barker_user_states_untaught_total",
                       "Lessons of which no state could learn, because there are no weights, for "
                       "example, or they have no dot product.",
                       {}, [read] { return static_cast<double>(read().untaught); });
}

void register_queue(Registry& registry, const std::string& queue,
                    const std::function<QueueCounts()>& read) {
  registry.add_gauge("barker_queue_depth", "What waits in a queue.", {{"queue", queue}},
                     [read] { return static_cast<double>(read().depth); });
  registry.add_counter(
      "barker_queue_dropped_total",
      "What a queue dropped or refused, because it was full or could not be written.",
      {{"queue", queue}}, [read] { return static_cast<double>(read().dropped); });
}

void register_event_log(Registry& registry, const std::function<EventLogCounts()>& read) {
  registry.add_counter(
      "barker_event_log_errors_total",
      "Failed attempts to write, close, compress or remove a file of the event log.", {},
      [read] { return static_cast<double>(read().errors); });
  registry.add_gauge("barker_event_log_failing",
                     "1 where the last attempt to write the event log failed.", {},
                     [read] { return read().is_failing ? 1.0 : 0.0; });
}

void register_kafka(Registry& registry, const std::function<KafkaCounts()>& read) {
  registry.add_counter("barker_kafka_errors_total",
                       "Failed connections to Kafka's brokers, and lines that no broker took.", {},
                       [read] { return static_cast<double>(read().errors); });
  registry.add_gauge("barker_kafka_failing",
                     "1 where no broker of Kafka can be reached, or takes lines.", {},
                     [read] { return read().is_failing ? 1.0 : 0.0; });
}

void register_refusal(Registry& registry, const std::string& what,
                      const std::function<bool()>& is_refused) {
  registry.add_gauge(
      "barker_" + what + "_refused",
      "1 where the file of " + what + " was refused as it is now; those before it stay in force.",
      {}, [is_refused] { return is_refused() ? 1.0 : 0.0; });
}

void register_process(Registry& registry) {
  registry.add_gauge("process_virtual_memory_bytes", "Address space of the process.", {},
                     [] { return statm_bytes(0); });
  registry.add_gauge("process_resident_memory_bytes", "Resident memory of the process.", {},
                     [] { return statm_bytes(1); });
  registry.add_gauge("barker_mapped_resident_bytes",
                     "Resident memory that files and shared memory back.", {},
                     [] { return statm_bytes(2); });
}

}  // namespace barker

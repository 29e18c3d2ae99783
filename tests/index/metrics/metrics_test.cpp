// Counters, histograms, the text of a scrape, and what Prometheus' own promtool says of all that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "index/metrics/exposition.h"
#include "index/metrics/service_metrics.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

fs::path source(const std::string& path) { return fs::path(BARKER_SOURCE_DIR) / path; }

// Everything that the service registers, after some traffic.
class Service {
 public:
  Service() {
    metrics_.count_request("/v1/search", 200, 0.002);
    metrics_.count_request("/users/of/no/route", 999, 0.1);
    metrics_.count_search("rescored", "", {0.00001, 0.0002, 0.00003, 0.0001, 0.00002});
    metrics_.count_search("bypassed", "refused", {0.00001, 0.0002, -1, -1, -1});
    metrics_.clicks.of("ad").add();
    metrics_.register_with(registry_);
    register_plugin(registry_, [] {
      PluginCounts counts;
      counts.queries = 7;
      counts.generation = 3;
      counts.user_states_other_tower = 4;
      return counts;
    });
    register_queue(registry_, "search", [] { return QueueCounts{2, 5}; });
    register_profiles(registry_, [] {
      return ProfileCounts{
          .unavailable = 11, .malformed = 12, .refused = 13, .write_errors = 14, .expired = 15};
    });
    register_user_states(registry_,
                         [] { return UserStateCounts{.pages_clicked = 6, .untaught = 8}; });
    register_queue(registry_, "event_log", [] { return QueueCounts{}; });
    register_event_log(registry_, [] { return EventLogCounts{3, true}; });
    register_queue(registry_, "access_log", [] { return QueueCounts{0, 9}; });
    register_kafka(registry_, [] { return KafkaCounts{11, true}; });
    register_refusal(registry_, "rules", [] { return true; });
    register_refusal(registry_, "experiments", [] { return false; });
    register_process(registry_);
  }
  std::string scrape() const { return registry_.text(); }

 private:
  ServiceMetrics metrics_{{"/v1/search", "/metrics"}};
  Registry registry_;
};

// Runs promtool on a file. Skips the test, visibly, where it is not installed.
#define EXPECT_PROMTOOL(arguments)                                                         \
  do {                                                                                     \
    if (std::system("command -v promtool >/dev/null") != 0) {                              \
      GTEST_SKIP() << "promtool is not installed (Debian's package prometheus)";           \
    }                                                                                      \
    EXPECT_EQ(std::system((std::string("promtool ") + (arguments) + " 2>&1").c_str()), 0); \
  } while (false)

TEST(Metrics, NoAdditionOfConcurrentThreadsIsLost) {
  Counter counter;
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.add();
        histogram.observe(0.001);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 120'000u);
  const Histogram::Snapshot all = histogram.read();
  EXPECT_EQ(std::accumulate(all.counts.begin(), all.counts.end(), uint64_t{0}), 120'000u);
  EXPECT_NEAR(all.sum_seconds, 120, 1e-6);
}

TEST(Metrics, AValueOnABoundIsInTheBucketBelowAndALargeOneIsInTheLast) {
  Histogram histogram;
  histogram.observe(kLatencyBounds[3]);
  histogram.observe(kLatencyBounds[3] * 1.0001);
  histogram.observe(1e300);
  histogram.observe(-5);
  histogram.observe(std::nan(""));
  const Histogram::Snapshot all = histogram.read();
  EXPECT_EQ(all.counts[3], 1u);
  EXPECT_EQ(all.counts[4], 1u);
  EXPECT_EQ(all.counts.back(), 1u);
  EXPECT_EQ(all.counts[0], 1u);
  EXPECT_EQ(std::accumulate(all.counts.begin(), all.counts.end(), uint64_t{0}), 4u);
}

TEST(Metrics, BucketsAreCumulativeAndEndInTheCount) {
  Registry registry;
  Histogram histogram;
  histogram.observe(0.00001);
  histogram.observe(0.02);
  registry.add("t_seconds", "Time.", {{"stage", "x"}}, histogram);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{stage=\"x\",le=\"1e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{stage=\"x\",le=\"0.025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{stage=\"x\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_count{stage=\"x\"} 2\n"));
}

TEST(Metrics, HelpAndLabelsAreEscaped) {
  Registry registry;
  Counter counter;
  counter.add(4);
  registry.add("odd_total", "A \\ and\na line.", {{"label", "a\"b\\c\nd"}}, counter);
  EXPECT_EQ(registry.text(),
            "# HELP odd_total A \\\\ and\\na line.\n# TYPE odd_total counter\n"
            "odd_total{label=\"a\\\"b\\\\c\\nd\"} 4\n");
}

TEST(Metrics, WordsOutsideOfTheFixedSetsMakeNoSeries) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("barker_http_requests_total{route=\"other\",status=\"other\"} 1\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("/users/of/no/route")));
  EXPECT_THAT(text, HasSubstr("barker_searches_total{status=\"bypassed\",reason=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("barker_weights_info{generation=\"3\"} 1\n"));
}

TEST(Metrics, TellWhatBecameOfUsersOwnStates) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("barker_user_states_total{use=\"other_tower\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("barker_user_states_total{use=\"used\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("barker_user_state_pages_total{outcome=\"clicked\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("barker_user_states_untaught_total 8\n"));
}

TEST(Metrics, TellWhatTheStoreOfHistoriesDidNotDo) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("\nbarker_profile_reads_unavailable_total 11\n"));
  EXPECT_THAT(text, HasSubstr("\nbarker_profile_records_malformed_total 12\n"));
  EXPECT_THAT(text, HasSubstr("\nbarker_profile_clicks_refused_total 13\n"));
  EXPECT_THAT(text, HasSubstr("\nbarker_profile_write_errors_total 14\n"));
  EXPECT_THAT(text, HasSubstr("\nbarker_profile_users_expired_total 15\n"));
}

TEST(Metrics, TellWhatTheLogsLost) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("barker_event_log_errors_total 3\n"));
  EXPECT_THAT(text, HasSubstr("barker_queue_dropped_total{queue=\"access_log\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("barker_kafka_errors_total 11\n"));
  EXPECT_THAT(text, HasSubstr("barker_kafka_failing 1\n"));
}

TEST(Metrics, TellWhetherFilesThatAreFollowedWereRefused) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("\nbarker_rules_refused 1\n"));
  EXPECT_THAT(text, HasSubstr("\nbarker_experiments_refused 0\n"));
}

TEST(Metrics, AStageThatDidNotRunIsNotCounted) {
  const std::string text = Service().scrape();
  EXPECT_THAT(text, HasSubstr("barker_stage_duration_seconds_count{stage=\"first_pass\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("barker_stage_duration_seconds_count{stage=\"rewrite\"} 1\n"));
}

TEST(MetricsDeathTest, ACounterWithoutTotalIsRefusedAtTheStart) {
  Registry registry;
  Counter counter;
  EXPECT_DEATH(registry.add("queries", "Queries.", {}, counter), "_total");
}

TEST(Metrics, EveryNameInDashboardAndAlertsIsExposed) {
  const std::string text = Service().scrape();
  const std::regex name("(barker|process)_[a-z0-9_]+");
  for (const char* file : {"index/metrics/dashboard.json", "index/metrics/alerts.yaml"}) {
    const std::string page = read(source(file));
    std::set<std::string> names;
    for (std::sregex_iterator at(page.begin(), page.end(), name), end; at != end; ++at) {
      names.insert(at->str());
    }
    EXPECT_GE(names.size(), 4u) << file;
    for (const std::string& found : names) {
      const std::regex line("(^|\n)" + found + "[ {]");
      EXPECT_TRUE(std::regex_search(text, line)) << file << " names " << found;
    }
  }
}

TEST(Metrics, PromtoolTakesTheScrape) {
  const fs::path file = fs::path(::testing::TempDir()) / "barker_scrape.txt";
  std::ofstream(file) << Service().scrape();
  EXPECT_PROMTOOL("check metrics < " + file.string());
  fs::remove(file);
}

TEST(Metrics, PromtoolTakesTheAlerts) {
  EXPECT_PROMTOOL("check rules " + source("index/metrics/alerts.yaml").string());
}

TEST(Metrics, AlertsFireWhenTheyShouldAndOnlyThen) {
  std::string tests = read(source("tests/index/metrics/alerts_test.yaml"));
  tests.replace(tests.find("[RULES]"), 7,
                "[\"" + source("index/metrics/alerts.yaml").string() + "\"]");
  const fs::path file = fs::path(::testing::TempDir()) / "barker_alerts_test.yaml";
  std::ofstream(file) << tests;
  EXPECT_PROMTOOL("test rules " + file.string());
  fs::remove(file);
}

}  // namespace
}  // namespace barker

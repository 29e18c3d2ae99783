// `barker serve` as an operator runs it: a process that prints its address, answers, and ends on
// SIGTERM.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

TEST_F(ServeCommand, SearchesTakesClicksAndEndsWithZero) {
  const Json page = json(ask("GET", "/v1/search?q=running+shoes&user=ann"));
  ASSERT_EQ(page["ads"].size(), 1u) << page;
  EXPECT_EQ(page["status"], "rescored");
  EXPECT_EQ(page["sfs"].size(), 2u);
  const Json click = {{"event_id", "e1"},  {"request_id", page["request_id"]},
                      {"user", "ann"},     {"kind", "ad_click"},
                      {"object", "a1"},    {"position", 1},
                      {"time", 1790000000}};
  Json other = click;
  other["object"] = "never shown";
  other["event_id"] = "e2";
  Json elsewhere = click;
  elsewhere["position"] = 2;
  elsewhere["event_id"] = "e3";
  const Json taken =
      json(ask("POST", "/v1/events", Json{{"events", {click, click, other, elsewhere}}}.dump()));
  EXPECT_EQ(taken["accepted"], 1) << taken;
  EXPECT_EQ(taken["duplicates"], 1);
  EXPECT_EQ(taken["refused"], 2);
  EXPECT_EQ(taken["events"][3]["reason"],
            "The page of this request_id showed the object at position 1.");
  Json opt_out = {{"event_id", "o1"},
                  {"request_id", page["request_id"]},
                  {"user", "ann"},
                  {"kind", "opt_out"},
                  {"time", 1790000001}};
  Json of_another = opt_out;
  of_another["event_id"] = "o2";
  of_another["user"] = "ben";
  const Json left =
      json(ask("POST", "/v1/events", Json{{"events", {opt_out, opt_out, of_another}}}.dump()));
  EXPECT_EQ(left["accepted"], 1) << left;
  EXPECT_EQ(left["duplicates"], 1);
  EXPECT_EQ(left["events"][2]["reason"], "The search of this request_id was not this user's.");
  Json too_long = opt_out, click_of_too_long = click;
  for (Json* event : {&too_long, &click_of_too_long}) {
    (*event)["request_id"] = std::string(32, '0');  // a page that is not remembered
    (*event)["user"] = std::string(501, 'x');
  }
  too_long["event_id"] = "o3";
  click_of_too_long["event_id"] = "e4";
  const Json refused =
      json(ask("POST", "/v1/events", Json{{"events", {too_long, click_of_too_long}}}.dump()));
  for (const Json& event : refused["events"]) {
    EXPECT_EQ(event["reason"], "The text has 501 bytes; at most 500 are read.");
    EXPECT_EQ(event["code"], "invalid");
  }
  EXPECT_EQ(refused["refused"], 2);
  const std::string metrics = ask("GET", "/metrics");
  EXPECT_THAT(metrics, HasSubstr("barker_http_requests_total"));
  EXPECT_THAT(metrics, HasSubstr("barker_events_refused_total{code=\"invalid\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("barker_events_refused_total{code=\"other-user\"} 1\n"));
  EXPECT_EQ(json(ask("GET", "/v1/admin/status"))["serving"]["generation"], 1);
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(events(), testing::Not(HasSubstr(R"("event":"o3")")));
  EXPECT_THAT(events(), HasSubstr(R"("type":"opt_out","event":"o1")"));
  EXPECT_THAT(events(), testing::Not(HasSubstr(R"("event":"o2")")));
  EXPECT_THAT(events(), HasSubstr(R"("type":"impression")"));
  EXPECT_THAT(events(), HasSubstr(R"("event":"e1")"));
  EXPECT_THAT(events(), testing::Not(HasSubstr(R"("event":"e2")")));
  std::ifstream in(directory_ + "/access.log");
  std::ostringstream log;
  log << in.rdbuf();
  EXPECT_THAT(log.str(), HasSubstr("\"route\":\"/v1/search\""));
  EXPECT_EQ(log.str().find("\"ann\""), std::string::npos);
}

TEST_F(ServeCommand, TellsArmsAndPropensitiesInPagesEventsAndMetrics) {
  EXPECT_EQ(stop(), 0);
  const std::string file = directory_ + "/experiments.toml";
  const auto write = [&](const std::string& more) {
    std::ofstream(file + ".new") << "[[experiment]]\nname = \"points\"\n"
                                 << "[[experiment.arm]]\nname = \"random\"\nshare = 0.5\n"
                                 << "choose_by = \"random\"\nselling_points = 1\n"
                                 << "[[experiment.arm]]\nname = \"none\"\nshare = 0.5\n"
                                 << "selling_points = 0\n"
                                 << more;
    fs::rename(file + ".new", file);
  };
  write("");
  setenv("BARKER_WEIGHTS_EXPERIMENTS", file.c_str(), 1);
  start();
  unsetenv("BARKER_WEIGHTS_EXPERIMENTS");
  std::set<std::string> seen;
  std::map<std::string, std::string> policies;
  for (int i = 0; i < 30; ++i) {
    const std::string user = "user" + std::to_string(i);
    const Json page = json(ask("GET", "/v1/search?q=running+shoes&user=" + user));
    ASSERT_EQ(page["arms"].size(), 1u) << page;
    EXPECT_EQ(page["arms"][0]["experiment"], "points");
    const std::string arm = page["arms"][0]["arm"];
    seen.insert(arm);
    const std::string policy = page["arms"][0].value("policy", "");
    EXPECT_EQ(policies.emplace(arm, policy).first->second, policy) << "that of the arm";
    EXPECT_EQ(page["explored"], arm == "random");
    EXPECT_EQ(page["ads"][0]["propensity"], arm == "random" ? 0.5 : 1.0) << "of two";
    EXPECT_EQ(page["ads"][0]["selling_points"].size(), arm == "random" ? 1u : 0u);
    const Json again = json(ask("GET", "/v1/search?q=running+shoes&visitor=" + user));
    EXPECT_EQ(again["arms"], page["arms"]) << "a visitor is placed as a user is";
  }
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_NE(policies["none"], policies["random"]);
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes"))["arms"].size(), 0u);
  const std::string of_none = R"({layer="points",experiment="points",arm="none")";
  const auto has_policy = [&](const std::string& policy) {
    return HasSubstr("barker_arm_policy_info" + of_none + ",policy=\"" + policy + "\"} 1\n");
  };
  const std::string metrics = ask("GET", "/metrics");
  EXPECT_THAT(metrics, HasSubstr("barker_arm_pages_total" + of_none + "}"));
  EXPECT_THAT(metrics, has_policy(policies["none"]));
  EXPECT_THAT(metrics, HasSubstr("\nbarker_experiments_refused 0\n"));
  EXPECT_THAT(metrics, testing::Not(HasSubstr("barker_rules_refused"))) << "there are none";
  write("bad = 1\n");
  const Json status = json(ask("POST", "/v1/admin/weights/load"));
  EXPECT_EQ(json(ask("GET", "/v1/admin/status"))["experiments_refused"], true) << status;
  EXPECT_THAT(ask("GET", "/metrics"), HasSubstr("\nbarker_experiments_refused 1\n"));
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes&user=user0"))["arms"].size(), 1u)
      << "the old ones stay in force";
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(events(), testing::ContainsRegex(
                            R"("arms":\[\{"layer":"points","experiment":"points","arm":"random",)"
                            R"("policy":"[0-9a-f]{16}"\}\],"explored":true)"));
  EXPECT_THAT(events(), HasSubstr(R"("sp_propensity":0.5)"));
  EXPECT_THAT(events(), testing::ContainsRegex(R"("weights":"[0-9a-f]{32}")"));
}

TEST_F(ServeCommand, TakesSoManyClicksOnPagesThatItDoesNotKnow) {
  Json clicks = Json::array();
  for (int i = 0; i < 900; ++i) {
    clicks.push_back({{"event_id", "foreign" + std::to_string(i)},
                      {"request_id", std::string(32, '0')},
                      {"user", "ann"},
                      {"kind", "ad_click"},
                      {"object", "a1"},
                      {"time", 1790000000}});
  }
  const Json taken = json(ask("POST", "/v1/events", Json{{"events", clicks}}.dump()));
  EXPECT_GE(taken["accepted"], 100) << taken["events"][0];
  EXPECT_GT(taken["refused"], 0);
}

// One change of the catalogue and one click after the other, while the whole service is killed at
// any moment.
TEST_F(ServeCommand, KeepsWhatItAcknowledgedWhenItIsKilled) {
  EXPECT_EQ(stop(), 0);
  configure("foreign_clicks = 0\n", "store = \"lmdb:profiles\"\n", "flush_interval = \"5ms\"\n");
  start();
  const char* given = std::getenv("BARKER_KILLS");
  const int kills = given ? std::atoi(given) : 5;
  std::mt19937 random(5);
  int changes = 0, clicks = 0;  // that were sent, of all rounds
  int logged = 0;
  for (int round = 0; round < kills; ++round) {
    const int first_click = clicks + 1;
    int acknowledged = changes, taken = clicks;
    const auto life = std::chrono::milliseconds(20 + random() % 200);
    std::jthread killer([this, life] {
      std::this_thread::sleep_for(life);
      kill(process_, SIGKILL);
    });
    for (;;) {
      ++changes;
      const std::string set = R"({"op":"set","id":"a1","bid":)" + std::to_string(changes) + "}";
      const Json changed = json(ask("POST", "/v1/ads", set));
      if (!changed.is_object()) break;
      ASSERT_EQ(changed["applied"], 1) << changed;
      acknowledged = changes;
      ++clicks;
      const Json click = {{"event_id", "click" + std::to_string(clicks) + "."},
                          {"request_id", std::string(32, '0')},
                          {"user", "bob"},
                          {"kind", "sf_click"},
                          {"object", "word1"},
                          {"time", 1790000000}};
      const Json answer = json(ask("POST", "/v1/events", Json{{"events", {click}}}.dump()));
      if (!answer.is_object()) break;
      ASSERT_EQ(answer["accepted"], 1) << answer;
      taken = clicks;
    }
    killer.join();
    waitpid(std::exchange(process_, 0), nullptr, 0);
    start();
    const Json page = json(ask("GET", "/v1/search?q=running+shoes"));
    EXPECT_EQ(page["status"], "rescored") << page;
    EXPECT_GE(page["ads"][0]["bid"], acknowledged) << page;
    EXPECT_LE(page["ads"][0]["bid"], changes);
    // What had not reached the disk yet is lost, and nothing before it.
    const std::string log = events();
    const auto is_logged = [&log](int i) {
      return log.find("\"click" + std::to_string(i) + ".\"") != std::string::npos;
    };
    int last = clicks;
    while (last >= first_click && !is_logged(last)) --last;
    for (int i = first_click; i <= last; ++i) EXPECT_TRUE(is_logged(i)) << i << " of " << last;
    logged += last - first_click + 1;
    std::printf("%d clicks acknowledged, %d lost\n", taken - first_click + 1,
                std::max(0, taken - last));
    EXPECT_THAT(ask("GET", "/v1/users/bob"),
                ::testing::AnyOf(StartsWith("HTTP/1.1 200 "), StartsWith("HTTP/1.1 404 ")));
  }
  EXPECT_GT(logged, 0);
}

TEST_F(ServeCommand, TrimsTheUsersThatItsPageOffers) {
  EXPECT_EQ(stop(), 0);
  configure("", "", "", "[page]\nusers = \"ben, ann ,\"\n");
  start();
  const Json users = json(ask("GET", "/v1/page"))["users"];
  ASSERT_EQ(users.size(), 2u) << users;
  EXPECT_EQ(users[0]["user"], "ben");
  EXPECT_EQ(users[1]["user"], "ann");
  EXPECT_EQ(users[1]["keywords"], Json({"word5"}));
}

TEST_F(ServeCommand, ForgetsAUser) {
  EXPECT_EQ(json(ask("GET", "/v1/users/ann"))["keywords"], Json({"word5"}));
  EXPECT_THAT(ask("DELETE", "/v1/users/ann"), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(ask("GET", "/v1/users/ann"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ServeCommand, BringsNeitherDeletedUsersNorFormerHistoriesBackAtItsNextStart) {
  EXPECT_EQ(stop(), 0);
  std::ofstream(directory_ + "/users.jsonl", std::ios::app)
      << R"({"user":"ben","keywords":["word6"]})"
      << "\n";
  configure("", "store = \"lmdb:users.mdb\"\n", "");
  start();
  EXPECT_THAT(ask("DELETE", "/v1/users/ann"), StartsWith("HTTP/1.1 204 "));
  const Json click = {{"event_id", "click1"}, {"request_id", std::string(32, '0')},
                      {"user", "ben"},        {"kind", "sf_click"},
                      {"object", "word7"},    {"position", 1},
                      {"time", 1'790'000'000}};
  ASSERT_EQ(json(ask("POST", "/v1/events", Json{{"events", {click}}}.dump()))["accepted"], 1);
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_THAT(ask("GET", "/v1/users/ann"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(json(ask("GET", "/v1/users/ben"))["keywords"],
              ::testing::UnorderedElementsAre("word6", "word7"));
}

TEST_F(ServeCommand, SaysInItsAnswersAndMetricsThatItsStoreIsNotThere) {
  const std::string search = "/v1/search?q=running+shoes&user=ann";
  EXPECT_EQ(json(ask("GET", search))["profile"], "known");
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes&user=bob"))["profile"], "unknown");
  EXPECT_FALSE(json(ask("GET", "/v1/search?q=running+shoes")).contains("profile"));
  EXPECT_EQ(stop(), 0);
  setenv("BARKER_PROFILES_STORE", "redis://127.0.0.1:1/0", 1);
  setenv("BARKER_PROFILES_USERS", "", 1);
  setenv("BARKER_PAGE_USERS", "ann", 1);
  testing::internal::CaptureStderr();
  start();
  const Json page = json(ask("GET", search));
  EXPECT_EQ(page["status"], "rescored");
  EXPECT_EQ(page["profile"], "unavailable");
  const std::string rescoring = R"({"q":"shoes","user":"ann","ads":[{"id":"1","title":"Shoes"}]})";
  EXPECT_EQ(json(ask("POST", "/v1/rescore", rescoring))["profile"], "unavailable");
  EXPECT_THAT(ask("GET", "/metrics"), HasSubstr("\nbarker_profile_reads_unavailable_total 2\n"));
  EXPECT_EQ(json(ask("GET", "/v1/page"))["users"],
            Json({{{"user", "ann"}, {"keywords", Json::array()}}}));
  stop();
  const std::string messages = testing::internal::GetCapturedStderr();
  EXPECT_THAT(messages, HasSubstr("barker serve: redis://127.0.0.1:1/0: cannot connect"));
  EXPECT_EQ(messages.find("redis://"), messages.rfind("redis://")) << messages;
  unsetenv("BARKER_PROFILES_STORE");
  unsetenv("BARKER_PROFILES_USERS");
  unsetenv("BARKER_PAGE_USERS");
}

TEST_F(ServeCommand, NamesTheKeyOfAPlaceThatItCannotUse) {
  EXPECT_EQ(stop(), 0);
  for (const auto& [key, value] : {std::pair("server.salt_file", "/dev/null/salt"),
                                   {"server.access_log", "/dev/null/log"},
                                   {"server.admin_token_file", "/dev/null/token"},
                                   {"server.admin_socket", "/dev/null/socket"},
                                   {"server.listen", "unix:/dev/null"},
                                   {"server.plugin_library", "/dev/null/plugin"},
                                   {"index.path", "/dev/null/index"},
                                   {"index.synonyms", "/dev/null/words"},
                                   {"weights.path", "/dev/null/weights"},
                                   {"weights.rules", "/dev/null/rules"},
                                   {"weights.experiments", "/dev/null/experiments"},
                                   {"profiles.store", "lmdb:/dev/null/users"},
                                   {"profiles.store", "redis://127.0.0.1:1/0"},
                                   {"profiles.users", "/dev/null/users"},
                                   {"auction.budgets", "/dev/null/budgets"},
                                   {"log.directory", "/dev/null/events"}}) {
    std::string flag(key);
    std::ranges::replace(flag, '.', '-');
    std::ranges::replace(flag, '_', '-');
    const bool is_plugin = flag == "server-plugin-library";
    const std::string command = "timeout 60 " BARKER_COMMAND " serve --config " + directory_ +
                                "/barker.toml" +
                                (is_plugin ? "" : " --plugin " BARKER_PLUGIN_PATH) + " --" + flag +
                                " " + value + " 2>&1 >/dev/null";
    FILE* const messages = popen(command.c_str(), "r");
    std::string all;
    char line[1024];
    while (fgets(line, sizeof line, messages) != nullptr) all += line;
    EXPECT_NE(pclose(messages), 0) << command;
    EXPECT_THAT(all, HasSubstr("barker serve: " + std::string(key) + ": ")) << command;
  }
}

TEST_F(ServeCommand, ChangesTheCatalogueForTheNextSearch) {
  const Json changed = json(ask("POST", "/v1/ads", R"({"op":"delete","id":"a1"})"));
  EXPECT_EQ(changed["applied"], 1) << changed;
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes"))["ads"].size(), 0u);
}

}  // namespace
}  // namespace barker

// Users' own states in `barker serve`: from a click that arrives over HTTP to the next page.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

class ServeStates : public ServeCommand {
 protected:
  void SetUp() override {
    ServeCommand::SetUp();
    stop();
    write_weights(1);
  }
  void write_weights(uint64_t seed) const {
    EXPECT_TRUE(
        write_weight_file(random_model(seed, {.dot_dim = 12}), directory_ + "/w.barker").ok());
  }
  void restart(bool states, const std::string& wait = "10m") {
    if (process_ > 0) stop();
    const std::string state = states ? "true" : "false";
    configure(
        "",
        "store = \"lmdb:profiles\"\nuser_state = " + state + "\nstate_wait = \"" + wait + "\"\n",
        "", "[plugin.user_state]\nprior_variance = 1.0\n[features]\nexploration = 0.0\n");
    start();
  }

  Json search(const std::string& user, const std::string& more = "") const {
    return json(ask("GET", "/v1/search?q=running+shoes&user=" + user + more));
  }
  // P(the user is attracted) by a feature of the page.
  static double attraction(const Json& page, const std::string& keyword) {
    for (const Json& sf : page["sfs"]) {
      if (sf["keyword"] == keyword) return sf["attraction"];
    }
    ADD_FAILURE() << keyword << " is not on the page " << page;
    return 0;
  }
  // The outcome of a click.
  std::string click(const Json& page, const std::string& keyword, const std::string& event) const {
    const Json sent = {{"event_id", event},    {"request_id", page["request_id"]},
                       {"user", page["user"]}, {"kind", "sf_click"},
                       {"object", keyword},    {"time", 1790000000}};
    return json(ask("POST", "/v1/events", Json{{"events", {sent}}}.dump()))["events"][0]["outcome"];
  }
  Json state_of(const std::string& user) const {
    return json(ask("GET", "/v1/users/" + user))["user_state"];
  }
  // Waits until the user's state has learned from so many impressions.
  bool has_learned(const std::string& user, int impressions) const {
    for (int i = 0; i < 1000; ++i) {
      const Json state = state_of(user);
      if (state.is_object() && state["impressions"] == impressions) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // What of a page does not change from request to request.
  static std::string lasting(Json page) {
    page.erase("request_id");
    page.erase("timing_us");
    return page.dump();
  }
};

TEST_F(ServeStates, LearnFromAClickForTheNextPageOfThatUserAndSurviveARestart) {
  restart(true);
  const Json first = search("eve"), of_fay = search("fay");
  EXPECT_EQ(click(first, "word1", "e1"), "accepted");
  ASSERT_TRUE(has_learned("eve", 2));
  EXPECT_EQ(state_of("eve")["use"], "used");
  EXPECT_EQ(state_of("eve")["tower"].get<std::string>().size(), 16u);
  EXPECT_TRUE(state_of("ann").is_null()) << "who has a history and no state";
  const Json next = search("eve");
  EXPECT_GT(attraction(next, "word1"), attraction(first, "word1"));
  EXPECT_EQ(lasting(search("fay")), lasting(of_fay));
  EXPECT_THAT(search("eve", "&explain").dump(), HasSubstr(R"("user_state":"used")"));
  EXPECT_EQ(click(first, "word1", "e1"), "duplicate");
  EXPECT_EQ(click(first, "word1", "e2"), "accepted") << "and teaches nothing new";
  const std::string metrics = ask("GET", "/metrics");
  EXPECT_THAT(metrics, HasSubstr("barker_user_states_total{use=\"used\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("barker_user_states_learned_total 1\n"));
  EXPECT_THAT(metrics, HasSubstr("barker_user_state_pages_total{outcome=\"clicked\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("barker_queue_depth{queue=\"user_states\"} 5\n"));
  restart(true);
  EXPECT_EQ(state_of("eve")["impressions"], 2);
  EXPECT_EQ(attraction(search("eve"), "word1"), attraction(next, "word1"));
  EXPECT_THAT(ask("DELETE", "/v1/users/eve"), StartsWith("HTTP/1.1 204 "));
  EXPECT_EQ(attraction(search("eve"), "word1"), attraction(first, "word1"));
}

TEST_F(ServeStates, AreOffByDefaultAndThenChangeNoByte) {
  restart(true);
  EXPECT_EQ(click(search("eve"), "word1", "e1"), "accepted");
  ASSERT_TRUE(has_learned("eve", 2));
  const std::string with = lasting(search("eve"));
  restart(false);
  const std::string off = lasting(search("eve"));
  EXPECT_NE(off, with);
  EXPECT_EQ(state_of("eve")["impressions"], 2) << "it is kept, and can be seen";
  stop();
  configure("", "store = \"lmdb:profiles\"\n", "", "[features]\nexploration = 0.0\n");
  start();
  EXPECT_EQ(lasting(search("eve")), off) << "the default is off";
  EXPECT_EQ(click(search("eve"), "word1", "e2"), "accepted");
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_EQ(state_of("eve")["impressions"], 2) << "nothing was learned";
}

TEST_F(ServeStates, LearnWhatWasPassedOverOfUsersWhoClickedBefore) {
  restart(true, "100ms");
  const Json first = search("eve");
  EXPECT_EQ(click(first, "word1", "e1"), "accepted");
  ASSERT_TRUE(has_learned("eve", 2));
  search("eve");  // is passed over
  search("fay");  // is passed over, too, and nothing is known of this user
  for (int i = 0; i < 100 && !state_of("eve").is_null() && state_of("eve")["impressions"] == 2;
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    search("gus");  // whose pages make that those before them are looked at
  }
  EXPECT_EQ(state_of("eve")["impressions"], 4);
  EXPECT_THAT(ask("GET", "/v1/users/fay"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(click(first, "word2", "e2"), "accepted");
  EXPECT_THAT(ask("GET", "/metrics"), HasSubstr("barker_user_state_unknown_clicks_total 1\n"));
}

TEST_F(ServeStates, OfAnotherTowerAreIgnoredAndLearnedAnewAfterASwap) {
  restart(true);
  const Json first = search("eve");
  EXPECT_EQ(click(first, "word1", "e1"), "accepted");
  ASSERT_TRUE(has_learned("eve", 2));
  const std::string tower = state_of("eve")["tower"];
  write_weights(2);
  EXPECT_THAT(ask("POST", "/v1/admin/weights/load", "{}"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(state_of("eve")["use"], "other tower");
  const Json page = search("eve");
  EXPECT_EQ(page["status"], "rescored");
  EXPECT_THAT(ask("GET", "/metrics"),
              HasSubstr("barker_user_states_total{use=\"other_tower\"} 1\n"));
  EXPECT_EQ(click(page, "word2", "e2"), "accepted");
  for (int i = 0; i < 1000 && state_of("eve")["use"] != "used"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(state_of("eve")["impressions"], 2) << "it began anew";
  EXPECT_NE(state_of("eve")["tower"], tower);
}

TEST_F(ServeStates, LearnEveryClickOfManyClientsAtOnce) {
  restart(true);
  constexpr int kThreads = 4, kEach = 15;
  std::atomic<int> failed = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < kThreads; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const Json page = search("eve");
        const std::string event = std::to_string(t) + "." + std::to_string(i);
        failed += page["status"] == "rescored" && click(page, "word1", event) == "accepted" ? 0 : 1;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(has_learned("eve", 2 * kThreads * kEach)) << state_of("eve");
}

}  // namespace
}  // namespace barker

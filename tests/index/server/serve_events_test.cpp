// What `barker serve` makes of clicks and opt-outs: what is taken, what is refused, and what the
// log and the histories have of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class ServeEvents : public ServeCommand {
 protected:
  static constexpr int64_t kBefore = 1700000000;  // seconds; before any page of these tests

  static Json event(const std::string& id, const std::string& kind, const Json& request_id) {
    Json made = {{"event_id", id},
                 {"request_id", request_id},
                 {"user", "ann"},
                 {"kind", kind},
                 {"time", kBefore}};
    if (kind != "opt_out") made["object"] = "a1";
    return made;
  }
  Json send(const Json& events) const {
    return json(ask("POST", "/v1/events", Json{{"events", events}}.dump()));
  }
  void restart(const std::string& server) {
    EXPECT_EQ(stop(), 0);
    configure(server, "", "");
    start();
  }

  static int64_t now() { return std::chrono::system_clock::now().time_since_epoch() / 1s; }
  // What is stored of a user, as soon as there is something: clicks are written behind the answer.
  std::vector<std::string> keywords_of(const std::string& user) const {
    for (int i = 0; i < 200; ++i) {
      const Json stored = json(ask("GET", "/v1/users/" + user));
      if (stored.contains("keywords") && !stored["keywords"].empty()) {
        return stored["keywords"].get<std::vector<std::string>>();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return {};
  }

  // The times of the log's lines in milliseconds, by the event's id, or the page's.
  std::map<std::string, int64_t> times_of_events() const {
    std::map<std::string, int64_t> times;
    std::istringstream lines(events());
    for (std::string line; std::getline(lines, line);) {
      const Json read = Json::parse(line);
      times[read.value("event", read.value("request", ""))] = read["time"];
    }
    return times;
  }

  const std::string kUnknownPage = std::string(32, '0');
};

TEST_F(ServeEvents, TakesAllOfABatchThatIsSentAgainUntilItIsTaken) {
  restart("foreign_clicks = 5\n");
  Json batch = Json::array();
  for (int i = 0; i < 12; ++i) {
    batch.push_back(
        event("e" + std::to_string(i), i % 2 == 0 ? "ad_click" : "opt_out", kUnknownPage));
  }
  int accepted = 0, sent = 0;
  for (Json taken; sent == 0 || (taken["refused"] > 0 && sent < 200); ++sent) {
    if (sent > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    taken = send(batch);
    ASSERT_TRUE(taken.is_object());
    EXPECT_EQ(taken["duplicates"], accepted) << "what was refused is not remembered as taken";
    accepted += taken["accepted"].get<int>();
  }
  EXPECT_EQ(accepted, 12) << "repeats used up the rate, " << sent << " times";
}

TEST_F(ServeEvents, LearnsTheTitleOfAnAdThatWasClickedOnAPageItDoesNotKnow) {
  Json click = event("e1", "ad_click", kUnknownPage);
  click["user"] = "bob";
  click["time"] = now();
  Json of_no_ad = click;
  of_no_ad["event_id"] = "e2";
  of_no_ad["object"] = "an ad that the catalogue lacks";
  EXPECT_EQ(send({click, of_no_ad})["accepted"], 2);
  EXPECT_THAT(keywords_of("bob"), testing::UnorderedElementsAre("trail", "shoes"));
}

TEST_F(ServeEvents, TakesATimeBeforeItsPageForThePagesTime) {
  const Json page = json(ask("GET", "/v1/search?q=running+shoes&user=ann"));
  const Json id = page["request_id"];
  EXPECT_EQ(send({event("e1", "ad_click", id), event("o1", "opt_out", id),
                  event("e2", "ad_click", kUnknownPage)})["accepted"],
            3);
  EXPECT_EQ(stop(), 0);
  const std::map<std::string, int64_t> times = times_of_events();
  ASSERT_TRUE(times.contains(id));
  EXPECT_GT(times.at(id), kBefore * 1000);
  EXPECT_EQ(times.at("e1"), times.at(id));
  EXPECT_EQ(times.at("o1"), times.at(id));
  EXPECT_EQ(times.at("e2"), kBefore * 1000) << "when its page was shown is not known";
}

TEST_F(ServeEvents, LogsWhatAPageWasNarrowedToAndNoBarOfAPartThatContinuesIt) {
  const std::string search = "/v1/search?q=running+shoes&user=ann";
  const std::string feature = json(ask("GET", search + "&preview=1"))["sfs"][0]["keyword"];
  const Json narrowed = json(
      ask("POST", "/v1/search",
          Json{{"q", "running shoes"}, {"features", {feature}}, {"surface", "mobile"}}.dump()));
  EXPECT_EQ(narrowed["ads"].size(), 1u) << narrowed;
  EXPECT_EQ(json(ask("GET", search + "&from=1"))["sfs"].size(), 0u);
  EXPECT_GT(json(ask("GET", search + "&from=1&sfs=1"))["sfs"].size(), 0u);
  EXPECT_EQ(json(ask("GET", search + "&sfs=0"))["sfs"].size(), 0u);
  EXPECT_EQ(stop(), 0);
  std::vector<Json> logged;
  std::istringstream lines(events());
  for (std::string line; std::getline(lines, line);) logged.push_back(Json::parse(line));
  ASSERT_EQ(logged.size(), 4u);
  EXPECT_EQ(logged[0]["features"], Json{feature});
  EXPECT_EQ(logged[0]["surface"], "mobile");
  EXPECT_FALSE(logged[1].contains("features"));
  EXPECT_EQ(logged[1]["sfs"].size(), 0u);
  EXPECT_GT(logged[2]["sfs"].size(), 0u);
}

TEST_F(ServeEvents, LogsRescoredPagesAndTakesClicksOnThem) {
  const Json call = {{"q", "running shoes"},
                     {"user", "bob"},
                     {"shown", 1},
                     {"ads",
                      {{{"id", "c1"}, {"title", "Mountain boots"}, {"bid", 2}},
                       {{"id", "c2"}, {"title", "Red sandals"}, {"bid", 1}}}}};
  const Json page = json(ask("POST", "/v1/rescore", call.dump()));
  ASSERT_EQ(page["ads"].size(), 2u) << page;
  Json preview = call;
  preview["preview"] = true;
  EXPECT_EQ(json(ask("POST", "/v1/rescore", preview.dump()))["ads"].size(), 2u);
  Json shown = event("e1", "ad_click", page["request_id"]);
  shown["user"] = "bob";
  shown["object"] = page["ads"][0]["id"];
  Json not_shown = shown;
  not_shown["event_id"] = "e2";
  not_shown["object"] = page["ads"][1]["id"];
  const Json taken = send({shown, not_shown});
  EXPECT_EQ(taken["accepted"], 1) << taken;
  EXPECT_EQ(taken["events"][1]["reason"], "The page of this request_id did not show the object.");
  const bool is_first = page["ads"][0]["id"] == "c1";
  EXPECT_THAT(keywords_of("bob"), testing::Contains(is_first ? "mountain" : "red"));
  EXPECT_EQ(stop(), 0);
  std::vector<Json> impressions;
  std::istringstream lines(events());
  for (std::string line; std::getline(lines, line);) {
    const Json read = Json::parse(line);
    if (read["type"] == "impression") impressions.push_back(read);
  }
  ASSERT_EQ(impressions.size(), 1u) << "the preview is not logged";
  EXPECT_EQ(impressions[0]["request"], page["request_id"]);
  EXPECT_EQ(impressions[0]["generation"], page["generation"]);
  ASSERT_EQ(impressions[0]["ads"].size(), 1u);
  const Json& ad = impressions[0]["ads"][0];
  EXPECT_EQ(ad["id"], page["ads"][0]["id"]);
  EXPECT_EQ(ad["position"], 1);
  EXPECT_EQ(ad["title"], page["ads"][0]["title"]);
  EXPECT_EQ(ad["sp_propensity"], page["ads"][0]["propensity"]);
  EXPECT_FALSE(ad.contains("price")) << "the auction is the caller's";
  EXPECT_FALSE(ad.contains("match"));
}

}  // namespace
}  // namespace barker

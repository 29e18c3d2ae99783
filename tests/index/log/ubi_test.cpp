#include "index/log/ubi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace barker {
namespace {

using Json = nlohmann::json;

RawImpression page(const std::string& request, const std::string& user) {
  RawImpression shown;
  shown.request = request;
  shown.time = 1'795'866'301'023;
  shown.user = user;
  shown.query = "summer dress";
  shown.arms = {{"titles", "points", "treatment", "5d1f07c2a9e4b836"}, {"order", "bids", "plain"}};
  shown.generation = 7;
  shown.weights = "8bd3009b3d3d5a03";
  RawAd ad;
  for (const char* id : {"a2", "a1"}) {
    ad.id = id;
    ++ad.position;
    shown.ads.push_back(ad);
  }
  return shown;
}

std::vector<Json> lines_of(const std::vector<RawEvent>& log, const UbiOptions& options = {}) {
  Ubi ubi(options);
  std::string text;
  for (const RawEvent& event : log) ubi.append(event, text);
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

const RawClick kAdClick{"e1", 1'795'866'302'000, "r1", RawClick::Kind::kAd, "a1", 2};
const RawClick kSfClick{"e2", 1'795'866'303'000, "r2", RawClick::Kind::kSf, "lace", 0};

TEST(Ubi, WritesAQueryAndItsClick) {
  const std::vector<Json> lines = lines_of({page("r1", "ben"), kAdClick});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], Json::parse(R"({"application": "barker", "query_id": "r1",
      "client_id": "ben", "user_query": "summer dress", "timestamp": "2026-11-28T11:45:01.023Z",
      "query_response_hit_ids": ["a2", "a1"],
      "query_attributes": {"generation": 7, "weights": "8bd3009b3d3d5a03", "arms": {"points": "treatment", "bids": "plain"},
                           "policies": {"points": "5d1f07c2a9e4b836"}}})"));
  EXPECT_EQ(lines[1], Json::parse(R"({"application": "barker", "action_name": "click",
      "query_id": "r1", "client_id": "ben", "timestamp": "2026-11-28T11:45:02.000Z",
      "event_attributes": {"object": {"object_id": "a1", "object_id_type": "ad"},
                           "position": {"ordinal": 2}}})"));
}

TEST(Ubi, TellsClicksOnFiltersFromThoseOnAds) {
  RawImpression narrowed = page("r3", "");
  narrowed.features = {"lace"};
  const std::vector<Json> lines = lines_of({page("r2", ""), kSfClick, narrowed});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_FALSE(lines[0]["query_attributes"].contains("features"));
  EXPECT_EQ(lines[2]["query_attributes"]["features"], Json{"lace"});
  EXPECT_FALSE(lines[0].contains("client_id")) << "the user is not known";
  EXPECT_EQ(lines[1]["action_name"], "filter");
  EXPECT_EQ(lines[1]["event_attributes"],
            Json::parse(R"({"object": {"object_id": "lace", "object_id_type": "sf"}})"));
}

TEST(Ubi, WritesImpressionsAndIndexesWhereTheyAreAskedFor) {
  const std::vector<Json> lines = lines_of({page("r1", "ben"), kAdClick}, {true, true});
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[0], Json::parse(R"({"index": {"_index": "ubi_queries", "_id": "r1"}})"));
  EXPECT_EQ(lines[2], Json::parse(R"({"index": {"_index": "ubi_events", "_id": "r1/1"}})"));
  EXPECT_EQ(lines[3]["action_name"], "impression");
  EXPECT_EQ(lines[3]["event_attributes"]["object"]["object_id"], "a2");
  EXPECT_EQ(lines[5]["event_attributes"]["position"]["ordinal"], 2);
  EXPECT_EQ(lines[6], Json::parse(R"({"index": {"_index": "ubi_events", "_id": "e1"}})"));
}

TEST(Ubi, HasAnEventForAnOptOut) {
  Ubi ubi({.bulk = true});
  std::string text;
  ubi.append(page("r1", "ben"), text);
  text.clear();
  ubi.append(RawOptOut{"o1", 1'795'866'304'000, "r1"}, text);
  const size_t end = text.find('\n');
  EXPECT_EQ(Json::parse(text.substr(0, end)),
            Json::parse(R"({"index": {"_index": "ubi_events", "_id": "o1"}})"));
  const Json event = Json::parse(text.substr(end + 1));
  EXPECT_EQ(event["action_name"], "opt_out");
  EXPECT_EQ(event["query_id"], "r1");
  EXPECT_EQ(event["client_id"], "ben");
  EXPECT_EQ(event["timestamp"], "2026-11-28T11:45:04.000Z");
}

TEST(Ubi, ForgetsTheClientsOfTheOldestQueries) {
  Ubi ubi({.most_clients = 2});
  std::string text;
  for (const char* request : {"r1", "r2", "r3"}) ubi.append(page(request, "ben"), text);
  const auto client = [&](const std::string& request) {
    RawClick click = kAdClick;
    click.request = request;
    text.clear();
    ubi.append(click, text);
    return Json::parse(text).value("client_id", "");
  };
  EXPECT_EQ(client("r1"), "");
  EXPECT_EQ(client("r2"), "ben");
  EXPECT_EQ(client("r3"), "ben");
}

}  // namespace
}  // namespace barker

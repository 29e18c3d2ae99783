// What POST /v1/events answers (index/server/event_routes.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/index/server/routes_fixture.h"

namespace barker {
namespace {

using Json = nlohmann::json;

TEST_F(Routes, TakesEachEventByItself) {
  const std::string id(32, 'a');
  const std::string right = R"("request_id":")" + id +
                            R"(","user":"ann","kind":"ad_click","position":1,"time":1790000000.5)";
  const HttpResponse response = ask(
      "POST", "/v1/events",
      R"({"events":[{"event_id":"1","object":"x",)" + right + R"(},{"event_id":"1","object":"x",)" +
          right + R"(},{"event_id":"2","object":"unseen",)" + right +
          R"(},{"event_id":"4","object":"foreign",)" + right +
          R"(},{"event_id":"3","object":"x","request_id":"short","user":"","kind":"view",)" +
          R"("time":1}]})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = Json::parse(response.body);
  EXPECT_EQ(json["accepted"], 1);
  EXPECT_EQ(json["duplicates"], 1);
  EXPECT_EQ(json["refused"], 3);
  EXPECT_FALSE(json["events"][0].contains("code"));
  EXPECT_EQ(json["events"][2]["reason"], "It was not shown.");
  EXPECT_EQ(json["events"][2]["code"], "not-shown");
  EXPECT_EQ(json["events"][2]["retry"], false);
  EXPECT_EQ(json["events"][3]["code"], "too-many-foreign");
  EXPECT_EQ(json["events"][3]["retry"], true) << "later there may be fewer";
  EXPECT_EQ(json["events"][4]["field"], "events[4].kind");
  EXPECT_EQ(json["events"][4]["code"], "invalid");
  EXPECT_THAT(service_.refusals,
              testing::ElementsAre(EventRefusal::kNotShown, EventRefusal::kTooManyForeign,
                                   EventRefusal::kInvalid));
}

TEST_F(Routes, RefusesEventsOfUsersWhomNoPathCanName) {
  const auto of = [](const char* user) {
    return R"({"event_id":"1","object":"x","kind":"ad_click","time":1,"request_id":")" +
           std::string(32, 'a') + R"(","user":")" + user + "\"}";
  };
  const Json json = Json::parse(
      ask("POST", "/v1/events", R"({"events":[)" + of("tab\\tuser") + "," + of("..") + "]}").body);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(json["events"][i]["outcome"], "refused") << json;
    EXPECT_EQ(json["events"][i]["field"], "events[" + std::to_string(i) + "].user");
  }
}

TEST_F(Routes, RefusesEventsWithEmptyTextsWhichTheReadersOfTheLogRefuse) {
  const auto of = [](const char* event, const char* object) {
    return R"({"kind":"sf_click","time":1,"user":"","event_id":")" + std::string(event) +
           R"(","object":")" + object + R"(","request_id":")" + std::string(32, 'a') + "\"}";
  };
  const Json json = Json::parse(
      ask("POST", "/v1/events", R"({"events":[)" + of("1", "") + "," + of("", "x") + "]}").body);
  EXPECT_EQ(json["refused"], 2) << json;
  EXPECT_EQ(json["events"][0]["field"], "events[0].object");
  EXPECT_EQ(json["events"][1]["field"], "events[1].event_id");
  EXPECT_EQ(json["events"][1]["reason"], "The text is empty.");
}

TEST_F(Routes, TakesOptOutsWhichHaveNoObject) {
  const std::string common = R"("request_id":")" + std::string(32, 'a') +
                             R"(","user":"ann","kind":"opt_out","time":1790000000.5)";
  const HttpResponse response =
      ask("POST", "/v1/events",
          R"({"events":[{"event_id":"1",)" + common + R"(},{"event_id":"2","object":"x",)" +
              common + R"(},{"event_id":"3","kind":"ad_click","request_id":")" +
              std::string(32, 'a') + R"(","user":"ann","time":1}]})");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json json = Json::parse(response.body);
  EXPECT_EQ(json["accepted"], 1) << json;
  EXPECT_EQ(json["refused"], 2);
  EXPECT_EQ(json["events"][0]["event_id"], "1");
  EXPECT_EQ(json["events"][1]["field"], "events[1].object");
  EXPECT_EQ(json["events"][2]["field"], "events[2].object") << "a click has one";
  ASSERT_EQ(service_.opt_outs.size(), 1u);
  EXPECT_EQ(service_.opt_outs[0].event_id, "1");
  EXPECT_EQ(service_.opt_outs[0].user, "ann");
  EXPECT_EQ(service_.opt_outs[0].time_ms, 1790000000500);
}

}  // namespace
}  // namespace barker

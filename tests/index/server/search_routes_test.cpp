// What searches and rescorings are asked and answered (index/server/search_routes.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/index/server/routes_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using Json = nlohmann::json;

TEST_F(Routes, SearchesWithWhatTheQuerySays) {
  const HttpResponse response = ask(
      "GET",
      "/v1/search?q=red+shoes&user=a%2Fb&k=2&from=1&explain=1&features=light,warm&surface=mobile");
  ASSERT_EQ(response.status, 200) << response.body;
  const SearchCall& call = service_.searched.at(0);
  EXPECT_EQ(call.asker.query, "red shoes");
  EXPECT_EQ(call.asker.user, "a/b");
  EXPECT_TRUE(call.asker.explain);
  EXPECT_EQ(call.asker.surface, "mobile");
  EXPECT_THAT(call.features, ElementsAre("light", "warm"));
  const Json json = Json::parse(response.body);
  ASSERT_EQ(json["ads"].size(), 2u);
  EXPECT_EQ(json["ads"][0]["rank"], 2);
  EXPECT_EQ(json["request_id"], call.request_id);
  EXPECT_EQ(call.request_id.size(), 32u);
  EXPECT_EQ(response.request_id, call.request_id);
}

TEST_F(Routes, OfferTheBarWhereItIsAskedForAndUnlessTheListGoesOn) {
  EXPECT_EQ(ask("GET", "/v1/search?q=x").status, 200);
  EXPECT_EQ(ask("GET", "/v1/search?q=x&sfs=0").status, 200);
  EXPECT_EQ(ask("POST", "/v1/search", R"({"q":"x","from":10,"sfs":true})").status, 200);
  EXPECT_EQ(service_.searched.at(0).bar, std::nullopt);
  EXPECT_EQ(service_.searched.at(1).bar, false);
  EXPECT_EQ(service_.searched.at(2).bar, true);
}

TEST_F(Routes, RefuseAUserWhomNoHistoryCanHaveAndAFeatureWithoutText) {
  const std::string user(501, 'u');
  expect_problem(ask("GET", "/v1/search?q=x&user=" + user), 400, "bad-value", "user",
                 "at most 500");
  expect_problem(ask("POST", "/v1/search", R"({"q":"x","user":")" + user + R"("})"), 400,
                 "bad-value", "user", "at most 500");
  expect_problem(ask("POST", "/v1/search", R"({"q":"x","features":["a",""]})"), 400, "bad-value",
                 "features[1]", "empty");
  EXPECT_TRUE(service_.searched.empty());
}

TEST_F(Routes, TakesCommasOfAListsPartsBehindBackslashes) {
  const std::string list = "warm%5C%2C+cosy+light,a%5Cb,,c%5C%5C,d%5C";
  EXPECT_EQ(ask("GET", "/v1/search?q=x&features=" + list).status, 200);
  EXPECT_THAT(service_.searched.at(0).features,
              ElementsAre("warm, cosy light", "a\\b", "c\\", "d\\"));
  const Json influence = Json::parse(
      ask("GET", "/v1/influence?q=x&user=ann&selling_points=" + list).body)["selling_points"];
  ASSERT_EQ(influence.size(), 4u);
  EXPECT_EQ(influence[0]["text"], "warm, cosy light");
}

TEST_F(Routes, GivesEachSearchAnotherId) {
  (void)ask("GET", "/v1/search?q=x");
  (void)ask("GET", "/v1/search?q=x");
  EXPECT_NE(service_.searched[0].request_id, service_.searched[1].request_id);
}

TEST_F(Routes, DoesNotSearchForWhoHasGoneAway) {
  HttpRequest request = request_of("POST", "/v1/search", R"({"q":"x","deadline_ms":5})");
  request.received -= std::chrono::seconds(1);
  expect_problem(answer(request, service_), 503, "deadline-passed", "deadline_ms");
  EXPECT_TRUE(service_.searched.empty());
}

TEST_F(Routes, RescoresTheCallersAds) {
  const HttpResponse response = ask("POST", "/v1/rescore", R"({"q":"shoes","user":"ann","ads":[
      {"id":"1","title":"Shoes","bid":2,"first_pass_score":0.5,"selling_points":["light"]}]})");
  ASSERT_EQ(response.status, 200) << response.body;
  const CallerAd& ad = service_.rescored.at(0).ads.at(0);
  EXPECT_EQ(ad.id, "1");
  EXPECT_EQ(ad.bid, 2);
  EXPECT_EQ(ad.first_pass_score, 0.5);
  EXPECT_THAT(ad.selling_points, ElementsAre("light"));
  const std::string wrong =
      R"({"q":"shoes","ads":[{"id":"1","title":"A"},{"id":"2","titel":"B"}]})";
  expect_problem(ask("POST", "/v1/rescore", wrong), 400, "missing", "ads[1].title");
  expect_problem(ask("POST", "/v1/rescore", R"({"q":"x","ads":[{"id":"1","title":"A","bid":-1}]})"),
                 400, "bad-value", "ads[0].bid");
}

TEST_F(Routes, RefusesAnAdWithoutAnIdWhichTheReadersOfTheLogRefuse) {
  expect_problem(ask("POST", "/v1/rescore", R"({"q":"x","ads":[{"id":"","title":"A"}]})"), 400,
                 "bad-value", "ads[0].id", "empty");
}

TEST_F(Routes, RefusesAGroupOfANameThatTheTrainerRefuses) {
  for (const auto& [name, tokens] :
       {std::pair<std::string, std::string>{"a=b", R"(["b"])"}, {"", R"(["b"])"}, {"=", "[]"}}) {
    const std::string groups = R"("groups":{"profile":["f"],")" + name + "\":" + tokens + "}}";
    expect_problem(ask("POST", "/v1/search", R"({"q":"x",)" + groups), 400, "bad-value",
                   "groups." + name, "not empty and has no \"=\"");
    expect_problem(ask("POST", "/v1/rescore", R"({"q":"x","ads":[],)" + groups), 400, "bad-value",
                   "groups." + name);
  }
}

TEST_F(Routes, RefusesTwoAdsWithOneId) {
  const std::string ads = R"("ads":[{"id":"1","title":"A"},{"id":"2","title":"B"},
      {"id":"1","title":"C"}]})";
  expect_problem(ask("POST", "/v1/rescore", R"({"q":"x",)" + ads), 400, "bad-value", "ads[2].id",
                 "ads[0] has it");
}

TEST_F(Routes, SaysHowManyRescoredAdsAreShown) {
  const std::string ads = R"("ads":[{"id":"1","title":"A"},{"id":"2","title":"B"}]})";
  const HttpResponse all = ask("POST", "/v1/rescore", R"({"q":"x",)" + ads);
  const HttpResponse one = ask("POST", "/v1/rescore", R"({"q":"x","shown":1,)" + ads);
  const HttpResponse none = ask("POST", "/v1/rescore", R"({"q":"x","preview":true,)" + ads);
  EXPECT_EQ(service_.rescored.at(0).count, 2u);
  EXPECT_EQ(service_.rescored.at(1).count, 1u);
  EXPECT_TRUE(service_.rescored.at(2).is_preview);
  EXPECT_EQ(Json::parse(all.body)["request_id"], service_.rescored[0].request_id);
  EXPECT_FALSE(Json::parse(none.body).contains("request_id"));
}

TEST_F(Routes, GivesAPreviewNoIdThatAClickCouldName) {
  const HttpResponse response = ask("GET", "/v1/search?q=x&preview");
  EXPECT_TRUE(service_.searched.at(0).is_preview);
  EXPECT_FALSE(Json::parse(response.body).contains("request_id"));
}

TEST_F(Routes, TakesHeadForAPreviewAsLongAsTheAnswerToGet) {
  const HttpResponse got = ask("GET", "/v1/search?q=x");
  const HttpResponse head = ask("HEAD", "/v1/search?q=x");
  EXPECT_FALSE(service_.searched.at(0).is_preview);
  EXPECT_TRUE(service_.searched.at(1).is_preview);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body.size(), got.body.size()) << "which becomes the Content-Length";
  EXPECT_EQ(head.request_id, "") << "there is no impression that the access log could name";
  const HttpResponse preview = ask("GET", "/v1/search?q=x&preview");
  EXPECT_EQ(ask("HEAD", "/v1/search?q=x&preview").body.size(), preview.body.size());
}

}  // namespace
}  // namespace barker

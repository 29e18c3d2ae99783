#include "index/server/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/index/server/routes_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// Histories may lie in another process, which may be slow, so that those routes must not hold up a
// search.
TEST_F(Routes, AskForUsersBesideTheThreadsThatSearch) {
  for (const char* method : {"GET", "DELETE"}) {
    EXPECT_EQ(lane_of(request_of(method, "/v1/users/ann", "")), Lane::kControl) << method;
  }
  EXPECT_EQ(lane_of(request_of("GET", "/v1/search?q=x", "")), Lane::kSearch);
}

// A route on such a thread reads histories as a search does, because find_user waits for the store
// for longer than that.
TEST_F(Routes, NeverWaitForTheStoreOfHistoriesOnAThreadThatSearches) {
  service_.failure = io_error("redis: no answer");
  service_.offered.users = {"ann", "bob"};
  for (const Route& route : routes()) {
    if (route.lane != Lane::kSearch) continue;
    for (const char* parameters : {"", "?q=x&user=ann", "?q=x&user=ann&selling_points=light"}) {
      (void)ask(route.method, route.path + std::string(parameters));
    }
  }
  EXPECT_EQ(service_.found_users, 0u);
  const HttpResponse page = ask("GET", "/v1/page");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(Json::parse(page.body)["users"][0],
            Json::parse(R"({"user":"ann","keywords":["red"]})"));
}

TEST_F(Routes, NamesTheParameterThatIsWrong) {
  expect_problem(ask("GET", "/v1/search"), 400, "missing", "q");
  expect_problem(ask("GET", "/v1/search?q=x&usr=ann"), 400, "unknown-name", "usr",
                 "Did you mean \"user\"?");
  expect_problem(ask("GET", "/v1/search?q=x&k=ten"), 400, "bad-value", "k");
  expect_problem(ask("GET", "/v1/search?q=x&k=0"), 400, "bad-value", "k");
  expect_problem(ask("GET", "/v1/search?q=x&k=99999999999999999999"), 400, "bad-value", "k");
  expect_problem(ask("GET", "/v1/search?q=x&from=-1"), 400, "bad-value", "from");
  expect_problem(ask("GET", "/v1/search?q=x&q=y"), 400, "repeated", "q");
  expect_problem(ask("GET", "/v1/search?q=x&explain=maybe"), 400, "bad-value", "explain");
  EXPECT_TRUE(service_.searched.empty());
}

TEST_F(Routes, NamesTheFieldThatIsWrong) {
  const auto post = [this](const std::string& body) { return ask("POST", "/v1/search", body); };
  expect_problem(post("{"), 400, "bad-json");
  expect_problem(post("[]"), 400, "bad-json");
  expect_problem(post(""), 400, "bad-json");
  expect_problem(post("{\"q\":\"\xff\"}"), 400, "invalid-utf8");
  expect_problem(post("{}"), 400, "missing", "q");
  expect_problem(post(R"({"q":1})"), 400, "bad-value", "q", "Expected a text, found 1");
  expect_problem(post(R"({"q":"x","keyword":[]})"), 400, "unknown-name", "keyword",
                 "Did you mean \"keywords\"?");
  expect_problem(post(R"({"q":"x","keywords":["a",2]})"), 400, "bad-value", "keywords[1]");
  expect_problem(post(R"({"q":"x","groups":{"profile":"f"}})"), 400, "bad-value", "groups.profile");
  expect_problem(post(R"({"q":"x","deadline_ms":0})"), 400, "bad-value", "deadline_ms");
  expect_problem(post(R"({"q":"x","k":1.5})"), 400, "bad-value", "k");
  expect_problem(post(R"({"q":"x","k":1e30})"), 400, "bad-value", "k");
  expect_problem(post(R"({"q":"x","k":-1})"), 400, "bad-value", "k");
  expect_problem(post(R"({"q":"x","k":"2"})"), 400, "bad-value", "k");
  EXPECT_EQ(post(R"({"q":"x","k":2.0})").status, 200) << "a whole number of JSON Schema";
  EXPECT_EQ(service_.searched.at(0).count, 2u);
  expect_problem(post(R"({"q":"x","q":"y"})"), 400, "repeated", "q");
  expect_problem(post(R"({"q":"x","groups":{"a":[],"b":[],"a":[]}})"), 400, "repeated", "groups.a");
  expect_problem(ask("POST", "/v1/events",
                     R"({"e":[[],2],"events":[{"b":{}},{"b":[],"c":[{},1,{"user":1,"user":2}]}]})"),
                 400, "repeated", "events[1].c[2].user");
  expect_problem(post(R"([{"q":1,"q":2}])"), 400, "repeated", "[0].q");
  EXPECT_EQ(post(R"({"q":"x","groups":{"q":[]},"k":1})").status, 200) << "of another object";
  expect_problem(post(R"({"q":)" + std::string(100, '[') + std::string(100, ']') + "}"), 400,
                 "bad-json");
  expect_problem(ask("POST", "/v1/search?q=x", R"({"q":"x"})"), 400, "unknown-name", "q");
}

TEST_F(Routes, RefusesUsersWhomNoPathCanName) {
  const std::string ads = R"(,"ads":[]})";
  for (const std::string user : {"tab\\tuser", "\\u007f", "\\u0000", ".", ".."}) {
    const std::string body = R"({"q":"x","user":")" + user + "\"";
    expect_problem(ask("POST", "/v1/search", body + "}"), 400, "bad-value", "user", "no path");
    expect_problem(ask("POST", "/v1/rescore", body + ads), 400, "bad-value", "user", "no path");
  }
  expect_problem(ask("GET", "/v1/search?q=x&user=.."), 400, "bad-value", "user", "no path");
  EXPECT_EQ(ask("GET", "/v1/search?q=x&user=...").status, 200);
  EXPECT_EQ(ask("GET", "/v1/search?q=x&user=").status, 200) << "a stranger";
  EXPECT_EQ(service_.searched.size(), 2u);
  EXPECT_TRUE(service_.rescored.empty());
}

TEST_F(Routes, TakesNoBodyOfAnotherType) {
  HttpRequest request = request_of("POST", "/v1/search", R"({"q":"x"})");
  request.content_type = "text/plain";
  expect_problem(answer(request, service_), 415, "unsupported-media-type");
  for (const char* type : {"application/json; charset=utf-8", "APPLICATION/JSON"}) {
    request.content_type = type;
    EXPECT_EQ(answer(request, service_).status, 200) << type;
  }
  request.content_encoding = "gzip";
  expect_problem(answer(request, service_), 415, "unsupported-media-type", "Content-Encoding",
                 "gzip");
  request.content_encoding = "Identity";
  EXPECT_EQ(answer(request, service_).status, 200);
}

TEST_F(Routes, ShowsAndForgetsUsersForAdministratorsAlone) {
  EXPECT_EQ(Json::parse(ask("GET", "/v1/users/ann").body)["keywords"], Json({"red"}));
  EXPECT_EQ(Json::parse(ask("GET", "/v1/users/ann").body)["user_state"],
            Json({{"use", "used"}, {"impressions", 7}, {"tower", "00000000000000ab"}}));
  EXPECT_EQ(ask("DELETE", "/v1/users/ann").status, 204);
  expect_problem(ask("GET", "/v1/users/bob"), 404, "no-such-user", "id");
  expect_problem(ask("DELETE", "/v1/users/bob"), 404, "no-such-user", "id");
  service_.failure = io_error("redis: connection refused");
  expect_problem(ask("GET", "/v1/users/ann"), 503, "unavailable");
}

TEST_F(Routes, AsksForTheTokenWhereverAdministratorsAsk) {
  for (const Route& route : routes()) {
    HttpRequest request = request_of(route.method, route.path);
    request.authorization = "Bearer wrong";
    const HttpResponse wrong = answer(request, service_);
    EXPECT_EQ(wrong.status == 401, route.is_for_administrators) << route.path;
    service_.has_token = false;
    EXPECT_EQ(answer(request, service_).status == 403, route.is_for_administrators) << route.path;
    service_.has_token = true;
  }
  EXPECT_TRUE(service_.asked.empty());
}

TEST_F(Routes, PassesAdministratorsCommandsOn) {
  EXPECT_EQ(ask("POST", "/v1/admin/weights/load").status, 200);
  EXPECT_EQ(ask("POST", "/v1/admin/canary", R"({"served":0.05,"compared":1})").status, 200);
  EXPECT_THAT(service_.asked, ElementsAre("reload weights", "shares 0.05 1"));
  expect_problem(ask("POST", "/v1/admin/canary", R"({"served":2,"compared":1})"), 400, "bad-value",
                 "served");
  service_.life_cycle = R"({"error":"there are no weights to roll back to"})";
  expect_problem(ask("POST", "/v1/admin/weights/rollback"), 409, "conflict", "", "roll back");
  service_.life_cycle = R"({"weights_fault":"/w/CURRENT: found none","rules_fault":null})";
  expect_problem(ask("POST", "/v1/admin/weights/load"), 422, "refused", "",
                 "/w/CURRENT: found none");
  EXPECT_EQ(ask("POST", "/v1/admin/rules/reload").status, 200);
  service_.life_cycle = R"({"weights_fault":null,"rules_fault":"rules.toml: line 3"})";
  expect_problem(ask("POST", "/v1/admin/rules/reload"), 422, "refused", "", "rules.toml: line 3");
  EXPECT_EQ(service_.asked.back(), "reload rules");
  service_.life_cycle = R"({"error":"there is no file of rules"})";
  expect_problem(ask("POST", "/v1/admin/rules/reload"), 409, "conflict", "",
                 "there is no file of rules (weights.rules of the configuration)");
}

TEST_F(Routes, TakesChangesOfTheCatalogueAsTheTypeThatIsDescribed) {
  HttpRequest request = request_of("POST", "/v1/ads", R"({"op":"delete","id":"a"})");
  for (const char* type : {"", "application/x-ndjson", "Application/X-NDJSON; charset=utf-8"}) {
    request.content_type = type;
    EXPECT_EQ(answer(request, service_).status, 200) << type;
  }
  for (const char* type : {"text/plain", "application/json", "application/x-www-form-urlencoded"}) {
    request.content_type = type;
    expect_problem(answer(request, service_), 415, "unsupported-media-type", "",
                   "Expected application/x-ndjson, found \"" + std::string(type));
  }
}

TEST_F(Routes, PublishesAFileOfTheServersMachineAndLoadsIt) {
  const char* path = "/v1/admin/weights/publish";
  const HttpResponse answered = ask("POST", path, R"({"file":"/w/new.barker"})");
  EXPECT_EQ(Json::parse(answered.body)["version"], "000003.barker");
  const std::string canary = R"({"file":"/w/next.barker","canary":true})";
  for (const char* file : {"null", R"({"file":"w/1000003.barker"})"}) {
    service_.life_cycle = R"({"canary_fault":"damaged","canary":)" + std::string(file) + "}";
    expect_problem(ask("POST", path, canary), 422, "refused", "", "did not start 000003.barker");
    expect_problem(ask("POST", path, canary), 422, "refused", "", "damaged");
  }
  service_.life_cycle = R"({"canary":{"file":"w/000003.barker"},"weights_fault":"damaged"})";
  EXPECT_EQ(ask("POST", path, canary).status, 200) << "what CURRENT names is another matter";
  EXPECT_THAT(
      service_.published,
      ElementsAre(testing::Pair("/w/new.barker", false), testing::Pair("/w/next.barker", true),
                  testing::Pair("/w/next.barker", true), testing::Pair("/w/next.barker", true),
                  testing::Pair("/w/next.barker", true), testing::Pair("/w/next.barker", true)));
  EXPECT_THAT(service_.asked, testing::Each("look"));
  expect_problem(ask("POST", path, R"({"file":"new.barker"})"), 400, "bad-value", "file");
  expect_problem(ask("POST", path, R"({"file":"/w/new.barker\u0000/etc/x"})"), 400, "bad-value",
                 "file", "no NUL");
  expect_problem(ask("POST", path, "{}"), 400, "missing", "file");
  expect_problem(ask("POST", path, R"({"file":"/w/x","label":"a"})"), 400, "unknown-name", "label");
  EXPECT_EQ(service_.published.size(), 6u) << "nothing of what was refused";
  service_.failure = not_found("/w/missing.barker: cannot be read");
  expect_problem(ask("POST", path, R"({"file":"/w/missing.barker"})"), 422, "refused", "file",
                 "/w/missing.barker");
  service_.failure = Status(Code::kBadData, "/w/new.barker: was not published: damaged");
  expect_problem(ask("POST", path, R"({"file":"/w/new.barker"})"), 422, "refused", "file",
                 "damaged");
  service_.failure = Status(Code::kIoError, "/w/new.barker: Input/output error");
  expect_problem(ask("POST", path, R"({"file":"/w/new.barker"})"), 503, "unavailable", "file");
  service_.failure = not_found("/versions: not a directory");
  expect_problem(ask("POST", path, R"({"file":"/w/new.barker"})"), 409, "conflict", "");
  EXPECT_EQ(service_.asked.size(), 6u) << "there is nothing new to load";
}

TEST_F(Routes, SaysThatAPublishedVersionDoesNotServe) {
  const auto publish = [this](const char* status) {
    service_.life_cycle = status;
    return ask("POST", "/v1/admin/weights/publish", R"({"file":"/w/new.barker"})");
  };
  expect_problem(publish(R"({"serving":{"file":"w/000002.barker"},"weights_fault":"damaged"})"),
                 422, "refused", "", "CURRENT names it until `barker rollback`. damaged");
  expect_problem(publish(R"({"serving":{"file":"w/000002.barker"},"weights_fault":null})"), 409,
                 "conflict", "", "has not loaded yet");
  expect_problem(ask("POST", "/v1/admin/weights/promote"), 409, "conflict", "", "000003.barker");
}

TEST_F(Routes, SaysWhatAPathTakes) {
  const HttpResponse response = ask("DELETE", "/v1/search?q=x");
  expect_problem(response, 405, "method-not-allowed");
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Allow", "GET, HEAD, POST")));
  expect_problem(ask("GET", "/v1/serch?q=x"), 404, "not-found");
  expect_problem(ask("GET", "/v1%2Fsearch?q=x"), 404, "not-found");
  expect_problem(ask("GET", "/v1/search/?q=x"), 404, "not-found");
  expect_problem(ask("GET", "/v1/users/"), 404, "not-found");
  expect_problem(ask("GET", "/page/none.js"), 404, "not-found");
  EXPECT_EQ(ask("HEAD", "/healthz").status, 200);
}

TEST_F(Routes, ServesThePageAsItIsCompressedWhereTheClientTakesThat) {
  HttpRequest request = request_of("GET", "/");
  const HttpResponse plain = answer(request, service_);
  ASSERT_EQ(plain.status, 200);
  EXPECT_EQ(plain.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(plain.body, HasSubstr("<div id=\"app\">"));
  EXPECT_THAT(plain.headers, testing::Contains(testing::Pair("Content-Security-Policy",
                                                             HasSubstr("script-src 'self'"))));
  for (const char* accepted : {"gzip", "br, gzip;q=0.5", "deflate,gzip"}) {
    request.accept_encoding = accepted;
    const HttpResponse gzipped = answer(request, service_);
    EXPECT_THAT(gzipped.headers, testing::Contains(testing::Pair("Content-Encoding", "gzip")));
    EXPECT_EQ(gzipped.body.substr(0, 2), "\x1f\x8b");
  }
  for (const char* accepted : {"", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"}) {
    request.accept_encoding = accepted;
    EXPECT_EQ(answer(request, service_).body, plain.body) << accepted;
  }
}

TEST_F(Routes, DoesNotSendAFileOfThePageThatTheClientHas) {
  HttpRequest request = request_of("GET", "/page/main.js");
  const HttpResponse first = answer(request, service_);
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(first.content_type, "text/javascript; charset=utf-8");
  request.if_none_match = first.headers.at(0).second;
  const HttpResponse again = answer(request, service_);
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  request.accept_encoding = "gzip";  // another representation, with an ETag of its own
  EXPECT_EQ(answer(request, service_).status, 200);
}

TEST_F(Routes, ShowsHistoriesOfUsersWhomThePageOffersAndOfOthersToAdministrators) {
  const std::string of = "/v1/influence?q=x&selling_points=light&user=";
  HttpRequest request = request_of("GET", of + "ann");
  request.authorization = "";
  EXPECT_EQ(answer(request, service_).status, 200);
  request = request_of("GET", of + "bob");
  EXPECT_EQ(answer(request, service_).status, 200);
  request.authorization = "";
  expect_problem(answer(request, service_), 401, "unauthorized");
  service_.has_token = false;
  expect_problem(answer(request, service_), 403, "admin-off");
  const Json page = Json::parse(ask("GET", "/v1/page").body);
  EXPECT_EQ(page["users"], Json::parse(R"([{"user":"ann","keywords":["red"]}])"));
}

TEST_F(Routes, DescribesTheWeightsThatServe) {
  service_.life_cycle = R"({"serving":null})";
  expect_problem(ask("GET", "/v1/admin/weights"), 409, "conflict", "", "No weights");
  service_.life_cycle = R"({"serving":{"file":"w/000001.barker"}})";
  EXPECT_EQ(Json::parse(ask("GET", "/v1/admin/weights").body)["file"], "w/000001.barker");
}

TEST_F(Routes, IsNotReadyWhenItIsAboutToStop) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  service_.ready = false;
  expect_problem(ask("GET", "/readyz"), 503, "not-ready");
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

}  // namespace
}  // namespace barker

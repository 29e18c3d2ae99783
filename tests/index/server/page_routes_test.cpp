// The page's files and the calls that it makes, as pure functions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/index/server/fake_service.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

HttpResponse get(const std::string& target, const std::string& accepted = "",
                 const std::string& tag = "") {
  FakeService service;
  HttpRequest request = request_of("GET", target);
  request.accept_encoding = accepted;
  request.if_none_match = tag;
  return answer(request, service);
}

TEST(PageFiles, AreServedWithTheirTypesAndWithoutScriptsOfOthers) {
  const HttpResponse page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<div id=\"app\">"));
  EXPECT_THAT(header_of(page, "Content-Security-Policy"), HasSubstr("script-src 'self'"));
  EXPECT_EQ(get("/page/index.html").body, page.body);
  EXPECT_EQ(get("/page/app.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/page/page.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(get("/page/icon.svg").content_type, "image/svg+xml");
  EXPECT_THAT(get("/page/standalone.module.js").body, HasSubstr("export"));
  EXPECT_EQ(get("/page/nothing.js").status, 404);
  EXPECT_EQ(get("/page/..%2Fapi.js").status, 404);
}

TEST(PageFiles, AreCompressedForWhoeverTakesItAndNotSentAgain) {
  const HttpResponse plain = get("/page/app.js");
  const HttpResponse small = get("/page/app.js", "br, gzip");
  EXPECT_EQ(header_of(plain, "Content-Encoding"), "");
  EXPECT_EQ(header_of(small, "Content-Encoding"), "gzip");
  EXPECT_LT(small.body.size(), plain.body.size());
  const std::string tag = header_of(plain, "ETag");
  const HttpResponse known = get("/page/app.js", "gzip", tag);
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(get("/page/app.js", "gzip", "\"other\"").status, 200);
}

TEST(Suggest, AnswersWhatBeginsWithAText) {
  FakeService service;
  const HttpResponse response = answer(request_of("GET", "/v1/suggest?q=shoe&k=1"), service);
  EXPECT_EQ(Json::parse(response.body), Json::parse(R"({"suggestions": ["shoe!"]})"));
  EXPECT_EQ(get("/v1/suggest").status, 400);
  EXPECT_EQ(get("/v1/suggest?q=a&k=21").status, 400);
}

TEST(AttractionRoute, TellsOfAHistoryOnlyThoseWhoMayKnowIt) {
  FakeService service;
  const auto ask = [&](const std::string& body, const std::string& token) {
    HttpRequest request = request_of("POST", "/v1/attraction", body);
    request.authorization = token;
    return answer(request, service).status;
  };
  const std::string stored = R"({"q":"x","user":"bob","points":["a"],"influences":3})";
  EXPECT_EQ(ask(stored, ""), 401);
  EXPECT_EQ(ask(stored, "Bearer wrong"), 401);
  EXPECT_EQ(ask(stored, "Bearer right"), 200);
  EXPECT_EQ(ask(R"({"q":"x","user":"bob","points":["a"]})", ""), 200) << "no history is told";
  EXPECT_EQ(ask(R"({"q":"x","user":"ann","points":["a"],"influences":3})", ""), 200)
      << "whom the page offers";
  EXPECT_EQ(ask(R"({"q":"x","user":"bob","keywords":["red"],"points":["a"],"influences":3})", ""),
            200)
      << "the request's own history";
  EXPECT_EQ(ask(R"({"q":"x","points":["a"],"influences":21})", ""), 400);
}

TEST(AttractionRoute, AnswersNullWhereTheModelCannotSay) {
  FakeService service;
  const HttpResponse response =
      answer(request_of("POST", "/v1/attraction", R"({"q":"x","points":["a","b"],"influences":1})"),
             service);
  const Json points = Json::parse(response.body)["points"];
  EXPECT_EQ(points[0]["attraction"], 0.5);
  EXPECT_EQ(points[0]["influences"][0]["keyword"], "red");
  EXPECT_TRUE(points[1]["attraction"].is_null());
}

}  // namespace
}  // namespace barker

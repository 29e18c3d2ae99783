// openapi.json against the code: the routes, the names that they read, and real answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "models/base/utf8.h"
#include "tests/index/server/fake_service.h"

namespace barker {
namespace {

using Json = nlohmann::json;

const Json& document() {
  static const Json parsed = Json::parse(openapi_text());
  return parsed;
}

const Json& resolve(const Json& schema) {
  if (!schema.contains("$ref")) return schema;
  return document().at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
}

bool is_of_type(const Json& value, const Json& type) {
  const auto fits = [&value](const Json& each) { return is_of_type(value, each); };
  if (type.is_array()) return std::ranges::any_of(type, fits);
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
         (type == "integer" && value.is_number() &&
          value.get<double>() == std::floor(value.get<double>()));
}

// Whether a value breaks a limit of its schema.
bool is_beyond(const Json& value, const Json& schema) {
  const auto is_more = [&](const char* name, double size) {
    return schema.contains(name) && size > schema[name].get<double>();
  };
  const auto is_less = [&](const char* name, double size) {
    return schema.contains(name) && size < schema[name].get<double>();
  };
  if (value.is_number()) return is_more("maximum", value) || is_less("minimum", value);
  const auto size = static_cast<double>(value.size());
  if (value.is_array()) return is_more("maxItems", size);
  if (value.is_object()) return is_more("maxProperties", size);
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto length = static_cast<double>(count_code_points(text));
  return is_more("maxLength", length) || is_less("minLength", length) ||
         (schema.contains("pattern") &&
          !std::regex_search(text, std::regex(schema["pattern"].get<std::string>())));
}

// Why a value does not fit a schema; empty where it fits. The schema must describe every field of
// the value, and the value must have every field that is required.
std::string misfit(const Json& value, const Json& given, const std::string& where) {
  const Json& schema = resolve(given);
  if (schema.contains("oneOf")) {
    int fitting = 0;
    std::string reasons;
    for (const Json& alternative : schema["oneOf"]) {
      const std::string reason = misfit(value, alternative, where);
      fitting += reason.empty();
      reasons += " " + reason;
    }
    if (fitting == 1) return "";
    return where + " fits " + std::to_string(fitting) + " alternatives:" + reasons;
  }
  if (schema.contains("type") && !is_of_type(value, schema["type"])) {
    return where + " is of another type: " + value.dump();
  }
  if (is_beyond(value, schema)) return where + " is beyond a limit";
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) {
    return where + " is none of the described values: " + value.dump();
  }
  if (value.is_array() && schema.contains("items")) {
    for (size_t i = 0; i < value.size(); ++i) {
      std::string reason = misfit(value[i], schema["items"], where + "[" + std::to_string(i) + "]");
      if (!reason.empty()) return reason;
    }
  }
  if (value.is_object() && schema.value("additionalProperties", Json()).is_object()) {
    for (const auto& [name, field] : value.items()) {
      std::string reason = misfit(field, schema["additionalProperties"], where + "." + name);
      if (!reason.empty()) return reason;
    }
  }
  if (value.is_object() && schema.contains("propertyNames")) {
    for (const auto& [name, field] : value.items()) {
      std::string reason = misfit(name, schema["propertyNames"], where + "." + name);
      if (!reason.empty()) return reason;
    }
  }
  if (!value.is_object() || !schema.contains("properties")) return "";
  for (const auto& [name, field] : value.items()) {
    const std::string path = where + "." + name;
    if (!schema["properties"].contains(name)) return path + " is not described";
    if (std::string reason = misfit(field, schema["properties"][name], path); !reason.empty()) {
      return reason;
    }
  }
  if (!schema.contains("required")) return "";
  for (const Json& name : schema["required"]) {
    if (!value.contains(name)) return where + "." + name.get<std::string>() + " is missing";
  }
  return "";
}

void expect_fits(const Json& value, const Json& schema, const std::string& where) {
  EXPECT_EQ(misfit(value, schema, where), "");
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

TEST(OpenApi, HasEveryRouteAndNoOther) {
  std::set<std::string> described, served;
  for (const auto& [path, methods] : document()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) described.insert(method + " " + path);
  }
  for (const Route& route : routes()) {
    served.insert(lower(route.method) + " " + route.path);
    const Json& operation = document()["paths"][route.path][lower(route.method)];
    EXPECT_EQ(operation.contains("security"), route.is_for_administrators) << route.path;
  }
  EXPECT_EQ(described, served);
}

// A parameter that nobody reads is answered with the names that are read.
TEST(OpenApi, HasEveryParameterAndNoOther) {
  FakeService service;
  for (const Route& route : routes()) {
    if (route.path == std::string_view("/")) continue;  // the page's script reads its own
    const Json& operation = document()["paths"][route.path][lower(route.method)];
    std::string expected = "There is no parameter \"zzzzzzzz\". ";
    std::string names, required;
    for (const Json& parameter : operation.value("parameters", Json::array())) {
      if (parameter["in"] != "query") continue;
      names += (names.empty() ? "" : ", ") + parameter["name"].get<std::string>();
      if (parameter["required"]) required += "&" + parameter["name"].get<std::string>() + "=x";
    }
    expected += names.empty() ? "None is read here." : "There are " + names + ".";
    const HttpResponse response = answer(
        request_of(route.method, std::string(route.path) + "?zzzzzzzz=1" + required), service);
    ASSERT_EQ(response.status, 400) << route.path;
    EXPECT_EQ(Json::parse(response.body)["detail"], expected) << route.method << " " << route.path;
  }
}

const Json& schema_of(const char* path, const char* method, const char* part) {
  const Json& operation = document()["paths"][path][method];
  const Json& content = std::string(part) == "request" ? operation["requestBody"]["content"]
                                                       : operation["responses"]["200"]["content"];
  return content["application/json"]["schema"];
}

TEST(OpenApi, DescribesWhatIsAnswered) {
  FakeService service;
  const std::string event = R"({"events":[{"event_id":"1","request_id":"x","user":"",)"
                            R"("kind":"ad_click","object":"o","time":1}]})";
  const std::tuple<const char*, const char*, const char*, std::string> kCalls[] = {
      {"GET", "/v1/search", "/v1/search?q=x&explain", ""},
      {"GET", "/v1/search", "/v1/search?q=x&preview", ""},
      {"GET", "/v1/page", "/v1/page", ""},
      {"GET", "/v1/suggest", "/v1/suggest?q=run", ""},
      {"GET", "/v1/influence", "/v1/influence?q=x&user=ann&selling_points=light,warm", ""},
      {"POST", "/v1/search", "/v1/search", R"({"q":"x"})"},
      {"POST", "/v1/rescore", "/v1/rescore", R"({"q":"x","ads":[]})"},
      {"POST", "/v1/rescore", "/v1/rescore", R"({"q":"x","ads":[],"preview":true})"},
      {"POST", "/v1/events", "/v1/events", event},
      {"GET", "/v1/users/{id}", "/v1/users/ann", ""},
      {"POST", "/v1/ads", "/v1/ads", ""},
      {"POST", "/v1/admin/weights/load", "/v1/admin/weights/load", "{}"},
      {"POST", "/v1/admin/weights/publish", "/v1/admin/weights/publish", R"({"file":"/w"})"},
      {"POST", "/v1/admin/weights/promote", "/v1/admin/weights/promote", ""},
      {"POST", "/v1/admin/canary", "/v1/admin/canary", R"({"served":0,"compared":0})"},
      {"POST", "/v1/admin/catalogue/reload", "/v1/admin/catalogue/reload", ""},
      {"GET", "/healthz", "/healthz", ""},
      {"GET", "/readyz", "/readyz", ""}};
  for (const auto& [method, path, target, body] : kCalls) {
    const HttpResponse response = answer(request_of(method, target, body), service);
    ASSERT_EQ(response.status, 200) << path << response.body;
    expect_fits(Json::parse(response.body), schema_of(path, lower(method).c_str(), "answer"), path);
  }
  const HttpResponse problem = answer(request_of("GET", "/v1/search?k=0"), service);
  expect_fits(Json::parse(problem.body), Json{{"$ref", "#/components/schemas/Problem"}}, "problem");
}

// Every field that a request may have is taken, and one that the description lacks is not.
TEST(OpenApi, DescribesWhatIsRead) {
  const std::pair<const char*, Json> kBodies[] = {
      {"/v1/search",
       {{"q", "x"},
        {"user", "u"},
        {"keywords", Json::array()},
        {"groups", Json::object()},
        {"explain", true},
        {"visitor", "v1"},
        {"surface", "mobile"},
        {"deadline_ms", 1000},
        {"k", 1},
        {"from", 0},
        {"preview", false},
        {"features", Json::array()},
        {"sfs", true}}},
      {"/v1/rescore",
       {{"q", "x"},
        {"user", "u"},
        {"keywords", Json::array()},
        {"groups", Json::object()},
        {"explain", false},
        {"visitor", "v1"},
        {"surface", "mobile"},
        {"deadline_ms", 1000},
        {"shown", 1},
        {"preview", false},
        {"ads",
         {{{"id", "1"},
           {"title", "t"},
           {"bid", 1},
           {"first_pass_score", 1},
           {"merchant", "m"},
           {"category", "c"},
           {"opt_out", false},
           {"selling_points", Json::array()}}}}}},
      {"/v1/events",
       {{"events",
         {{{"event_id", "1"},
           {"request_id", "0123456789abcdef0123456789abcdef"},
           {"user", "u"},
           {"kind", "ad_click"},
           {"object", "a1"},
           {"position", 1},
           {"time", 1}},
          {{"event_id", "2"},
           {"request_id", "0123456789abcdef0123456789abcdef"},
           {"user", "u"},
           {"kind", "opt_out"},
           {"time", 1}}}}}},
      {"/v1/admin/weights/publish", {{"file", "/w/new.barker"}, {"canary", true}}},
      {"/v1/admin/canary", {{"served", 0}, {"compared", 0}}}};
  for (const auto& [path, body] : kBodies) {
    FakeService service;
    const HttpResponse response = answer(request_of("POST", path, body.dump()), service);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(Json::parse(response.body).value("refused", 0), 0) << response.body;
    const Json& schema = resolve(schema_of(path, "post", "request"));
    expect_fits(body, schema, path);
    for (const auto& [name, field] : schema["properties"].items()) {
      EXPECT_TRUE(body.contains(name)) << path << ": " << name << " is not tried here";
    }
  }
}

// What the description says of an event's fields is what the server takes and refuses.
TEST(OpenApi, DescribesWhichEventsAreRefused) {
  const Json opt_out = {{"event_id", "1"},
                        {"request_id", "0123456789abcdef0123456789abcdef"},
                        {"user", "u"},
                        {"kind", "opt_out"},
                        {"time", 1}};
  const auto with = [&](const Json& fields) {
    Json event = opt_out;
    event.update(fields);
    return event;
  };
  const std::pair<Json, bool> kEvents[] = {
      {opt_out, true},
      {with({{"object", "a1"}}), false},
      {with({{"position", 1}}), false},
      {with({{"kind", "ad_click"}}), false},
      {with({{"kind", "sf_click"}}), false},
      {with({{"kind", "ad_click"}, {"object", "a1"}}), true},
      {with({{"kind", "sf_click"}, {"object", "red"}, {"position", 2}}), true},
      {with({{"kind", "view"}}), false}};
  for (const auto& [event, is_right] : kEvents) {
    FakeService service;
    const Json body = {{"events", {event}}};
    const HttpResponse response = answer(request_of("POST", "/v1/events", body.dump()), service);
    EXPECT_EQ(Json::parse(response.body).at("accepted"), is_right ? 1 : 0) << response.body;
    const std::string reason = misfit(body, schema_of("/v1/events", "post", "request"), "body");
    EXPECT_EQ(reason.empty(), is_right) << event << reason;
  }
}

// At each limit the server takes what the description allows, and behind it neither does.
TEST(OpenApi, DescribesTheLimitsThatAreEnforced) {
  const auto texts = [](size_t count) { return Json(std::vector<std::string>(count, "x")); };
  const auto groups = [](int count) {
    Json all = Json::object();
    for (int i = 0; i < count; ++i) all["g" + std::to_string(i)] = Json::array();
    return all;
  };
  const auto search = [](const Json& fields) {
    Json body = {{"q", "x"}};
    body.update(fields);
    return body;
  };
  const auto rescore = [](int count, const Json& fields) {
    Json ads = Json::array();
    for (int i = 0; i < count; ++i) ads.push_back({{"id", std::to_string(i)}, {"title", "t"}});
    ads[0].update(fields);
    return Json{{"q", "x"}, {"ads", std::move(ads)}};
  };
  const auto events = [](size_t count, const Json& fields) {
    Json event = {{"event_id", "1"}, {"request_id", "0123456789abcdef0123456789abcdef"},
                  {"user", "u"},     {"kind", "ad_click"},
                  {"object", "a1"},  {"time", 1}};
    event.update(fields);
    return Json{{"events", std::vector<Json>(count, event)}};
  };
  const auto file = [](size_t size) { return Json{{"file", "/" + std::string(size - 1, 'x')}}; };
  const auto text = [](size_t size) { return std::string(size, 'x'); };
  const std::tuple<const char*, Json, bool> kBodies[] = {
      {"/v1/search", search({{"k", 2.0}}), true},
      {"/v1/search", search({{"k", 2.5}}), false},
      {"/v1/search", search({{"k", 10000}}), true},
      {"/v1/search", search({{"k", 10001}}), false},
      {"/v1/search", search({{"features", texts(16)}}), true},
      {"/v1/search", search({{"features", texts(17)}}), false},
      {"/v1/search", search({{"keywords", texts(1000)}}), true},
      {"/v1/search", search({{"keywords", texts(1001)}}), false},
      {"/v1/search", search({{"groups", groups(256)}}), true},
      {"/v1/search", search({{"groups", groups(257)}}), false},
      {"/v1/search", search({{"groups", {{"g", texts(1001)}}}}), false},
      {"/v1/search", search({{"surface", text(256)}}), true},
      {"/v1/search", search({{"surface", text(257)}}), false},
      {"/v1/search", search({{"q", text(65536)}}), true},
      {"/v1/search", search({{"q", text(65537)}}), false},
      {"/v1/rescore", rescore(10000, Json::object()), true},
      {"/v1/rescore", rescore(10001, Json::object()), false},
      {"/v1/rescore", rescore(1, {{"bid", 1e12}}), true},
      {"/v1/rescore", rescore(1, {{"bid", 1.1e12}}), false},
      {"/v1/rescore", rescore(1, {{"first_pass_score", 1.1e12}}), false},
      {"/v1/rescore", rescore(1, {{"selling_points", texts(1024)}}), true},
      {"/v1/rescore", rescore(1, {{"selling_points", texts(1025)}}), false},
      {"/v1/events", events(1000, Json::object()), true},
      {"/v1/events", events(1001, Json::object()), false},
      {"/v1/events", events(1, {{"event_id", ""}}), false},
      {"/v1/events", events(1, {{"event_id", text(256)}}), true},
      {"/v1/events", events(1, {{"event_id", text(257)}}), false},
      {"/v1/events", events(1, {{"request_id", "0123456789ABCDEF0123456789abcdef"}}), false},
      {"/v1/events", events(1, {{"position", 10001}}), false},
      {"/v1/events", events(1, {{"time", -1}}), false},
      {"/v1/admin/weights/publish", file(4096), true},
      {"/v1/admin/weights/publish", file(4097), false},
      {"/v1/admin/weights/publish", {{"file", "w"}}, false}};
  for (const auto& [path, body, is_right] : kBodies) {
    FakeService service;
    const HttpResponse response = answer(request_of("POST", path, body.dump()), service);
    const std::string shown = body.dump().substr(0, 120);
    const bool is_taken =
        response.status == 200 && Json::parse(response.body).value("refused", 0) == 0;
    EXPECT_EQ(is_taken, is_right) << shown << response.body.substr(0, 300);
    EXPECT_EQ(misfit(body, schema_of(path, "post", "request"), "body").empty(), is_right) << shown;
  }
}

// A text in a parameter is described as the same text in a body is, but for its limit where a
// target is too short for it.
TEST(OpenApi, DescribesTheParametersOfASearchAsItsFields) {
  const Json& body = resolve(schema_of("/v1/search", "post", "request"))["properties"];
  const Json& search = document()["paths"]["/v1/search"]["get"];
  const std::string bytes = " At most 65,536 bytes.";
  for (const Json& parameter : search["parameters"]) {
    const auto name = parameter["name"].get<std::string>();
    if (name != "q" && name != "user" && name != "visitor" && name != "surface") continue;
    auto described = body[name]["description"].get<std::string>();
    const bool is_shorter_than_a_target = body[name]["maxLength"] < kMaxTarget;
    EXPECT_EQ(parameter["schema"].contains("maxLength"), is_shorter_than_a_target) << name;
    if (!is_shorter_than_a_target && described.ends_with(bytes)) {
      described.resize(described.size() - bytes.size());
    }
    EXPECT_EQ(parameter["description"], described);
    if (!is_shorter_than_a_target) continue;
    const auto most = parameter["schema"]["maxLength"].get<size_t>();
    EXPECT_EQ(most, body[name]["maxLength"]) << name;
    for (const size_t size : {most, most + 1}) {
      FakeService service;
      const std::string target = "/v1/search?q=x&" + name + "=" + std::string(size, 'x');
      const HttpResponse response = answer(request_of("GET", target), service);
      EXPECT_EQ(response.status, size > most ? 400 : 200) << name;
      EXPECT_EQ(Json::parse(response.body).value("field", ""), size > most ? name : "");
    }
  }
  for (const char* path : {"/v1/search", "/v1/suggest", "/v1/influence"}) {
    const Json& get = document()["paths"][path]["get"];
    EXPECT_NE(get["description"].get<std::string>().find("at most 8,192 bytes"), std::string::npos);
  }
  static_assert(kMaxTarget == 8192);
}

}  // namespace
}  // namespace barker

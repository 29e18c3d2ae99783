// What administrators of `barker serve` do with weights: publish, load, promote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "models/weights/directory.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"
#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

TEST_F(ServeCommand, PublishesNothingThatNobodyItTrustsHasSigned) {
  EXPECT_EQ(stop(), 0);
  const std::string file = directory_ + "/w.barker", versions = directory_ + "/versions";
  const Result<PublicKey> key = generate_key_pair(directory_ + "/ours");
  ASSERT_TRUE(key.ok());
  const auto sign = [&] {
    const auto weights = WeightFile::open(file);
    return weights.ok() && sign_bytes((*weights)->bytes(), file, directory_ + "/ours.key").ok();
  };
  ASSERT_TRUE(sign());
  ASSERT_TRUE(publish_weights(file, versions).ok());
  configure("", "", "", "trusted_keys = [\"" + to_text(*key) + "\"]\n");
  setenv("BARKER_WEIGHTS_PATH", versions.c_str(), 1);
  start();
  unsetenv("BARKER_WEIGHTS_PATH");
  const auto publish = [&] {
    return ask("POST", "/v1/admin/weights/publish", Json{{"file", file}}.dump());
  };
  fs::remove(signature_path(file));
  EXPECT_THAT(publish(), HasSubstr("was not published"));
  const std::string other = Json{{"file", directory_ + "/users.jsonl"}}.dump();
  EXPECT_EQ(json(ask("POST", "/v1/admin/weights/publish", other))["field"], "file");
  EXPECT_EQ(weight_versions(versions)->size(), 1u);
  ASSERT_TRUE(sign());
  EXPECT_EQ(json(publish())["version"], "000002.barker");
  EXPECT_EQ(json(ask("GET", "/v1/admin/status"))["serving"]["generation"], 2);
}

TEST_F(ServeCommand, LoadsWeightsThatItDoesNotWatchWhereACallSaysSo) {
  EXPECT_EQ(stop(), 0);
  const std::string file = directory_ + "/w.barker", versions = directory_ + "/versions";
  ASSERT_TRUE(publish_weights(file, versions).ok());
  setenv("BARKER_WEIGHTS_PATH", versions.c_str(), 1);
  setenv("BARKER_WEIGHTS_WATCH", "false", 1);
  start();
  unsetenv("BARKER_WEIGHTS_PATH");
  unsetenv("BARKER_WEIGHTS_WATCH");
  const auto generation = [&](const char* role) {
    return json(ask("GET", "/v1/admin/status"))[role]["generation"];
  };
  ASSERT_EQ(generation("serving"), 1);
  const auto publish = [&](bool as_canary) {
    const Json body = {{"file", file}, {"canary", as_canary}};
    return json(ask("POST", "/v1/admin/weights/publish", body.dump()))["version"];
  };
  EXPECT_EQ(publish(false), "000002.barker");
  EXPECT_EQ(generation("serving"), 2);
  EXPECT_EQ(publish(true), "000003.barker");
  EXPECT_EQ(generation("canary"), 3);
  EXPECT_EQ(json(ask("POST", "/v1/admin/weights/promote"))["version"], "000003.barker");
  EXPECT_EQ(generation("serving"), 3);
  ASSERT_TRUE(publish_weights(file, versions).ok());
  EXPECT_THAT(ask("POST", "/v1/admin/weights/load"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(generation("serving"), 4);
  ASSERT_TRUE(publish_weights(file, versions).ok());
  kill(process_, SIGHUP);
  for (int i = 0; i < 3000 && generation("serving") == 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(generation("serving"), 5);
}

TEST_F(ServeCommand, PublishesNothingWhereNoDirectoryOfWeightsIsConfigured) {
  EXPECT_EQ(stop(), 0);
  setenv("BARKER_WEIGHTS_PATH", "", 1);
  start();
  unsetenv("BARKER_WEIGHTS_PATH");
  const std::string body = Json{{"file", directory_ + "/w.barker"}}.dump();
  for (const std::string& answer :
       {ask("POST", "/v1/admin/weights/publish", body), ask("POST", "/v1/admin/weights/promote")}) {
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 409 "));
    EXPECT_THAT(answer, HasSubstr("weights.path is not set"));
  }
  const std::string load = ask("POST", "/v1/admin/weights/load");
  EXPECT_THAT(load, StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(load, HasSubstr("there are no weights (weights.path of the configuration)"));
}

TEST_F(ServeCommand, SaysAndCountsThatCurrentNamesNothing) {
  EXPECT_EQ(stop(), 0);
  const std::string versions = directory_ + "/versions";
  ASSERT_TRUE(publish_weights(directory_ + "/w.barker", versions).ok());
  setenv("BARKER_WEIGHTS_PATH", versions.c_str(), 1);
  start();
  unsetenv("BARKER_WEIGHTS_PATH");
  EXPECT_THAT(ask("POST", "/v1/admin/weights/load"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask("GET", "/metrics"), HasSubstr("\nbarker_weights_loads_refused_total 0\n"));
  std::ofstream(versions + "/CURRENT") << "zzz\n";
  const std::string answer = ask("POST", "/v1/admin/weights/load");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 422 "));
  EXPECT_THAT(json(answer)["detail"].get<std::string>(), HasSubstr("zzz"));
  EXPECT_THAT(ask("GET", "/metrics"),
              testing::ContainsRegex("barker_weights_loads_refused_total [1-9]"));
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes"))["generation"], 1);
}

}  // namespace
}  // namespace barker

// `barker serve` whose standard output and standard error nothing reads any more.
#include <gmock/gmock.h>

#include <sstream>
#include <thread>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST_F(ServeCommand, GoesOnWithoutTheReadersOfWhatItPrints) {
  stop();
  configure("", "", "flush_interval = \"1h\"\n");  // what is accepted waits until the end
  const std::string path = directory_ + "/barker.toml";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string toml = text.str();
  toml.replace(toml.find("access.log"), 10, "-");
  std::ofstream(path) << toml;
  std::ofstream(directory_ + "/users.jsonl") << "broken\n";  // which a start reports

  int error[2];
  ASSERT_EQ(pipe(error), 0);
  close(error[0]);
  start(error[1]);  // which stops reading standard output, too
  close(error[1]);
  const Json page = json(ask("GET", "/v1/search?q=running+shoes&user=ann"));
  ASSERT_EQ(page["ads"].size(), 1u) << page;
  // The access log writes at times of its own.
  const auto loses_lines = [&] {
    const std::string metrics = ask("GET", "/metrics");
    return metrics.find("barker_queue_dropped_total{queue=\"access_log\"} ") != metrics.npos &&
           metrics.find("barker_queue_dropped_total{queue=\"access_log\"} 0\n") == metrics.npos;
  };
  bool is_lossy = loses_lines();
  for (int i = 0; i < 600 && !is_lossy; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    is_lossy = loses_lines();
  }
  EXPECT_TRUE(is_lossy);
  kill(process_, SIGHUP);
  const Json click = {{"event_id", "e1"},  {"request_id", page["request_id"]},
                      {"user", "ann"},     {"kind", "ad_click"},
                      {"object", "a1"},    {"position", 1},
                      {"time", 1790000000}};
  const Json taken = json(ask("POST", "/v1/events", Json{{"events", {click}}}.dump()));
  EXPECT_EQ(taken["accepted"], 1) << taken;
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(events(), HasSubstr("\"a1\""));
  EXPECT_THAT(events(), HasSubstr("\"e1\""));
}

}  // namespace
}  // namespace barker

// What `barker serve` makes of clicks and opt-outs: what is taken, what is refused, and what the
// log and the histories have of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

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

}  // namespace
}  // namespace barker

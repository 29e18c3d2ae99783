// What is said of a Redis that goes and comes.
#include "index/profiles/redis_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/index/profiles/redis_server.h"
#include "tests/index/profiles/store_place.h"
#include "tests/models/base/sentences.h"

namespace barker {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(RedisConnector, ReportsOnceThatItDoesNotAnswerAndOnceThatItDoesAgain) {
  if (const std::string reason = RedisServer::skip(); !reason.empty()) GTEST_SKIP() << reason;
  RedisServer server;
  server.kill();
  Sentences said;
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = std::chrono::seconds(10);
  options.report = said.report();
  const auto store = open_store(options);
  const auto one = store->reader(), two = store->reader();
  for (const size_t outage : {0u, 1u}) {
    EXPECT_TRUE(comes_to(*one, "anna", ReadOutcome::kUnavailable));
    EXPECT_TRUE(comes_to(*two, "anna", ReadOutcome::kUnavailable));
    EXPECT_TRUE(said.come_to(2 * outage + 1));
    std::this_thread::sleep_for(milliseconds(100));  // for further attempts, which say nothing
    ASSERT_EQ(said.all().size(), 2 * outage + 1);
    EXPECT_THAT(said.all().back(), HasSubstr(server.socket()));
    EXPECT_THAT(said.all().back(), HasSubstr("searches go on without histories"));
    server.start();
    EXPECT_TRUE(comes_to(*one, "anna", ReadOutcome::kUnknown));
    EXPECT_TRUE(comes_to(*two, "anna", ReadOutcome::kUnknown));
    ASSERT_EQ(said.all().size(), 2 * outage + 2);
    EXPECT_THAT(said.all().back(), HasSubstr("answers again"));
    server.kill();
  }
}

}  // namespace
}  // namespace barker

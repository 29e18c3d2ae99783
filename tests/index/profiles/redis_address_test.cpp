// The address of a Redis as one word.
#include "index/profiles/redis_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barker {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisAddress, IsReadAsItIsWritten) {
  const auto whole = parse_redis_address("redis://me:a%2Fb%40c@example.org:7000/3");
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->user, "me");
  EXPECT_EQ(whole->password, "a/b@c");
  EXPECT_EQ(whole->host, "example.org");
  EXPECT_EQ(whole->port, 7000);
  EXPECT_EQ(whole->database, 3);
  EXPECT_EQ(whole->name(), "redis://example.org:7000/3");
  const auto least = parse_redis_address("redis://localhost");
  ASSERT_TRUE(least.ok());
  EXPECT_EQ(least->name(), "redis://localhost:6379/0");
  EXPECT_EQ(least->password, "");
  EXPECT_EQ(parse_redis_address("redis://:pw@h")->password, "pw");
  EXPECT_EQ(parse_redis_address("redis://[::1]:1/")->host, "::1");
  EXPECT_EQ(parse_redis_address("redis://[::1]:1/")->port, 1);
  EXPECT_EQ(parse_redis_address("unix:/run/redis.sock")->socket, "/run/redis.sock");
  EXPECT_EQ(parse_redis_address("unix:/run/redis.sock?db=4")->database, 4);
}

TEST(RedisAddress, IsRefusedWithoutItsPassword) {
  for (const char* text :
       {"redis://", "redis://:pw@", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h/x",
        "redis://h/-1", "redis://pw@h", "redis://:p%zz@h", "redis://:pw%2@h", "redis://[::1",
        "redis://[::1]x", "unix:", "unix:?db=1", "unix:/a?db=x", "redis:/h", "http://h"}) {
    const auto address = parse_redis_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.status().code(), Code::kBadConfiguration);
    EXPECT_THAT(address.status().message(), Not(AnyOf(HasSubstr("pw"), HasSubstr("p%"))));
  }
  EXPECT_FALSE(parse_redis_address("unix:" + std::string(108, 'x')).ok());
}

}  // namespace
}  // namespace barker

// Where a Redis is, as one word:
//
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]    redis://:secret@10.0.0.7:6379/2, redis://[::1]
//   unix:SOCKET[?db=DB]                           unix:/run/redis/redis.sock?db=2
//
// USER and PASSWORD may have characters as %2F. The port is 6379 and the database 0 where none is
// given. Pure functions: any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

struct RedisAddress {
  std::string socket;  // path of a Unix socket; empty: host and port
  std::string host;
  int port = 6379;
  int database = 0;
  std::string user, password;

  // For messages: the address without user and password.
  std::string name() const;
};

// The error says what is wrong with the address, without its password.
Result<RedisAddress> parse_redis_address(const std::string& text);

}  // namespace barker
